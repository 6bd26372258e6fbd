import { z } from 'zod';
import { PlannedQuestion, Reference } from './plans.js';
import { isStorable, NOT_STORABLE } from './storable.js';
import { EffectClass } from './tool-contracts.js';

/**
 * Where a run stands. It ends in completed, failed (what was done stays, nothing more happens), denied, killed,
 * compensated (all of its effects taken back), partially-compensated (not all of them, or nobody knows), not-compensated
 * (none of them) or needs-operator (somebody must find out what happened). A run that ended with effects can still be
 * taken back.
 */
export const RunState = z.enum([
  /** What it would do is being found out, without effect. */
  'planned',
  /** That is shown; nothing happens before its person starts it. */
  'ready',
  'running',
  /** Goes on by itself at a later time: a limit, or a server that does not answer. */
  'waiting',
  'awaiting-approval',
  /** Waits for an answer of its person. */
  'needs-input',
  /** A contract of it was taken out of use; goes on when it is approved again. */
  'suspended',
  'completed',
  'failed',
  'denied',
  'killed',
  'compensating',
  'compensated',
  'partially-compensated',
  'not-compensated',
  'needs-operator',
]);
export type RunState = z.infer<typeof RunState>;

const OVER: ReadonlySet<RunState> = new Set([
  'completed',
  'failed',
  'denied',
  'killed',
  'compensated',
  'partially-compensated',
  'not-compensated',
  'needs-operator',
]);
/** Whether a run has ended: nothing more happens in it, unless somebody takes it back. */
export const isOver = (state: RunState): boolean => OVER.has(state);

/** Where a step stands; `unknown` is a call that may or may not have taken effect. */
export const StepState = z.enum([
  'proposed',
  'awaiting-approval',
  'asking',
  'intended',
  'succeeded',
  'failed',
  'unknown',
  'skipped',
  'compensation-intended',
  'compensated',
  'compensation-failed',
  'not-compensable',
]);
export type StepState = z.infer<typeof StepState>;

export const RunStep = z.object({
  id: z.string(),
  /** NAME@VERSION; null for a question. */
  contract: z.string().nullable(),
  /** What the contract says in our words, or the question. */
  title: z.string(),
  effect: EffectClass.nullable(),
  state: StepState,
  /** Null for whoever may not read them. */
  arguments: z.unknown(),
  result: z.unknown(),
  /** Why it failed, waits, or cannot be taken back, in words. */
  reason: z.string().nullable(),
  /** Why somebody did not allow it, for whoever may see what was asked; null where nobody said why. */
  denial: z.string().nullable().default(null),
  /** Arguments that came from text nobody of us wrote, by JSON Pointer. */
  tainted: z.array(z.string()),
  /** What it touches: at most so many of a resource. */
  blast: z.object({ resource: z.string(), items: z.number() }).nullable(),
  /** How it could be taken back, in words; null where it cannot. */
  wayBack: z.string().nullable(),
  /** Until when it can be taken back that way; null before it happened, where nothing bounds it, and where it cannot. */
  backUntil: z.string().nullable().default(null),
  /** After it was taken back: whether a read confirmed that it is gone. Null where nothing can be asked. */
  verified: z.boolean().nullable(),
  choices: z.array(z.string()).nullable(),
  /** Of a question, the kind of answer that it takes. */
  asks: PlannedQuestion.shape.type.unwrap().nullable(),
});
export type RunStep = z.infer<typeof RunStep>;

/** How a way back ends that a call has only where it finds something to restore. */
export const ONLY_IF_THERE = 'only if something is there already';

/** A call of a plan as the dry run found it, before anything happens. */
export const PreviewStep = z.object({
  id: z.string(),
  /** NAME@VERSION, or null for a question. */
  contract: z.string().nullable(),
  title: z.string(),
  effect: EffectClass.nullable(),
  /** References to what is not known yet stay as they are; `sayReference` says what they stand for. */
  arguments: z.unknown(),
  blast: z.object({ resource: z.string(), items: z.number() }).nullable(),
  wayBack: z.string().nullable(),
  /** Whether its way back is there in any case; else it says what it depends on. */
  isBackSure: z.boolean().default(true),
  cost: z.number(),
  /** Whether somebody has to allow it, as far as is known. */
  approval: z.enum(['always', 'perhaps', 'never']),
  /** `if` where it may be left out, `each` where it may be repeated, so many times at most. */
  within: z.object({ kind: z.enum(['if', 'each']), most: z.number() }).nullable(),
  /** The loops that it is in with what they go over, the outermost first. */
  loops: z.array(z.object({ id: z.string(), over: Reference })).default([]),
  /** The arguments of its first rounds where what it goes over is known; of at most `within.most`. */
  rounds: z.array(z.unknown()).default([]),
  /** What the server said that it would do; null where it cannot say, or not yet. */
  dryRun: z.unknown(),
  problem: z.string().nullable(),
});
export type PreviewStep = z.infer<typeof PreviewStep>;

export const RunRow = z.object({
  id: z.string(),
  title: z.string(),
  requester: z.string(),
  /** `person`, a playbook as NAME@VERSION, or the name of a planner. */
  planner: z.string(),
  state: RunState,
  reason: z.string().nullable(),
  createdAt: z.string(),
  changedAt: z.string(),
  cost: z.number(),
  budget: z.number(),
});
export type RunRow = z.infer<typeof RunRow>;

/** Which runs are listed: of those that whoever asks may see, those that fit all that is said. */
export const RunsQuery = z.strictObject({
  mine: z.enum(['0', '1']).default('0'),
  state: RunState.optional(),
  /** Who asked for it, by name. */
  person: z.string().max(100).optional(),
  /** What one of its steps calls: NAME or NAME@VERSION. */
  contract: z.string().max(220).optional(),
  /** The id of a server that one of its steps calls. */
  peer: z.string().max(100).optional(),
  /** The `next` of the page before. */
  after: z
    .string()
    .regex(/^$|^\d{1,17}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be the "next" of the page before')
    .default(''),
  limit: z.coerce.number().int().min(1).max(200).default(100),
});
export type RunsQuery = z.infer<typeof RunsQuery>;

/** Runs, the newest first; `next` goes into `after` for those before them. */
export const RunPage = z.object({ runs: z.array(RunRow), next: z.string().nullable() });
export type RunPage = z.infer<typeof RunPage>;

/** What a plan comes to at most; what may be repeated counts as often as it may be. */
export const PlanBounds = z.object({
  /** Calls and questions that the preview counts and does not show. */
  notShown: z.number(),
  /** Calls that change something, and those of them that cannot be taken back. */
  effects: z.number(),
  withoutWayBack: z.number(),
  /** Of the others, those whose way back depends on what is there. */
  unsureWayBack: z.number().default(0),
  cost: z.number(),
  approval: PreviewStep.shape.approval,
  /** What is touched, by resource. */
  blast: z.array(z.object({ resource: z.string(), items: z.number() })),
});
export type PlanBounds = z.infer<typeof PlanBounds>;

export const Run = RunRow.extend({
  /** Null until it is made, and for whoever may not read it. */
  preview: z.array(PreviewStep).nullable(),
  /** Of the whole plan; a run is started only with them. */
  bounds: PlanBounds.nullable(),
  steps: z.array(RunStep),
  /** Whether it may be started, cancelled and taken back by whoever asks. */
  mayStart: z.boolean(),
  mayCancel: z.boolean(),
  mayUndo: z.boolean(),
  /** When its plan, answers and values are deleted, once it is over; it cannot be taken back after that. */
  forgetsAt: z.string().nullable(),
  /** When that happened. */
  forgotAt: z.string().nullable(),
});
export type Run = z.infer<typeof Run>;

/**
 * An event of a run that is watched: the whole of it as whoever watches may see it, that it is over, or why nothing more
 * is said.
 */
export const RunEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('run'), data: Run }),
  z.object({ event: z.literal('end'), data: z.object({}) }),
  z.object({ event: z.literal('error'), data: z.object({ code: z.string(), detail: z.string() }) }),
]);
export type RunEvent = z.infer<typeof RunEvent>;

/** What happened in a run, in its order; each entry's hash covers the one before it. */
export const JournalEntry = z.object({
  seq: z.number(),
  at: z.string(),
  kind: z.string(),
  step: z.string().nullable(),
  payload: z.unknown(),
  hash: z.string(),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

export const AnswerQuestion = z
  .strictObject({
    step: z.string().max(80),
    answer: z.union([z.string().max(4000), z.number(), z.boolean()]),
  })
  .refine(isStorable, NOT_STORABLE);
export type AnswerQuestion = z.infer<typeof AnswerQuestion>;
