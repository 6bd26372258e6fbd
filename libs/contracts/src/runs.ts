import { z } from 'zod';
import { EffectClass, Sink } from './tool-contracts.js';

/**
 * Where a run stands. It ends in completed, failed (what was done stays, nothing more happens), denied, killed,
 * compensated (all of its effects taken back), partially-compensated (not all of them) or needs-operator (somebody must
 * find out what happened). A run that ended with effects can still be taken back.
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
  'needs-operator',
]);
export type RunState = z.infer<typeof RunState>;

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

export const StepId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and dashes');
const Range = z.string().regex(/^[a-z][a-z0-9.-]{0,200}@\^?\d{1,6}(\.\d{1,6}(\.\d{1,6})?)?$/, {
  error: 'must be a contract and version such as helpdesk.ticket.create@^1',
});
const At = z.string().max(300).default('');

/**
 * A value in place of a literal: of an earlier step's result or answer by its id, of a slot (`slots`), or of the round
 * of a loop (`round`).
 */
export const Reference = z.strictObject({ $from: z.string().max(80), at: At });
export type Reference = z.infer<typeof Reference>;

/** Whether something is as it is expected to be: exactly one of the tests. */
export const Condition = z.strictObject({
  value: Reference,
  is: z.enum(['equal', 'unequal', 'present', 'absent', 'less', 'greater', 'contains']),
  /** What it is compared with; unused by present and absent. */
  than: z.union([z.string().max(2000), z.number(), z.boolean(), z.null()]).optional(),
});
export type Condition = z.infer<typeof Condition>;

/** One call. Members of `arguments` are JSON, in which a Reference may stand anywhere for a value. */
export const PlannedCall = z.strictObject({
  id: StepId,
  contract: Range,
  arguments: z.record(z.string(), z.unknown()).default({}),
});
export type PlannedCall = z.infer<typeof PlannedCall>;

/** A question to the person whose run it is. */
export const PlannedQuestion = z.strictObject({
  id: StepId,
  ask: z.string().trim().min(1).max(300),
  type: z.enum(['text', 'number', 'yes-no', 'choice']).default('text'),
  choices: z.array(z.string().min(1).max(200)).max(50).optional(),
});
export type PlannedQuestion = z.infer<typeof PlannedQuestion>;

export interface PlannedChoice {
  readonly if: Condition;
  readonly then: readonly PlanNode[];
  readonly else?: readonly PlanNode[] | undefined;
}
export interface PlannedLoop {
  readonly each: { readonly id: string; readonly over: Reference; readonly most: number };
  readonly do: readonly PlanNode[];
}
export interface PlannedBranches {
  readonly together: readonly (readonly PlanNode[])[];
}
/** A part of a plan: a call, a question, or parts that depend, repeat or go side by side. */
export type PlanNode = PlannedCall | PlannedQuestion | PlannedChoice | PlannedLoop | PlannedBranches;

const Nodes: z.ZodType<PlanNode[]> = z.lazy(() => z.array(PlanNode).min(1).max(50));
export const PlanNode: z.ZodType<PlanNode> = z.lazy(() =>
  z.union([
    PlannedCall,
    PlannedQuestion,
    z.strictObject({ if: Condition, then: Nodes, else: Nodes.optional() }),
    z.strictObject({
      each: z.strictObject({ id: StepId, over: Reference, most: z.number().int().min(1).max(100) }),
      do: Nodes,
    }),
    z.strictObject({ together: z.array(Nodes).min(2).max(8) }),
  ]),
);

/** What is to be done. Whoever made it is trusted with nothing: each step is judged by its contract. */
export const NewRun = z.union([
  /** Steps that the person wrote. */
  z.strictObject({
    title: z.string().trim().min(1).max(200),
    steps: z.array(PlanNode).min(1).max(50),
  }),
  /** A workflow of the registry, with the person's words in its slots. */
  z.strictObject({
    playbook: z.string().min(3).max(220),
    slots: z.record(StepId, z.union([z.string().max(4000), z.number(), z.boolean()])).default({}),
  }),
]);
export type NewRun = z.infer<typeof NewRun>;

/** Why a step waits for a person, by a stable name. */
export const HoldReason = z.enum([
  'contract',
  'tainted-argument',
  'tainted-decision',
  'late-step',
  'rule-of-two',
]);
export type HoldReason = z.infer<typeof HoldReason>;

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
  /** Arguments that came from text nobody of us wrote, by JSON Pointer. */
  tainted: z.array(z.string()),
  /** What it touches: at most so many of a resource. */
  blast: z.object({ resource: z.string(), items: z.number() }).nullable(),
  /** How it could be taken back, in words; null where it cannot. */
  wayBack: z.string().nullable(),
  /** After it was taken back: whether a read confirmed that it is gone. Null where nothing can be asked. */
  verified: z.boolean().nullable(),
  choices: z.array(z.string()).nullable(),
  /** Of a question, the kind of answer that it takes. */
  asks: PlannedQuestion.shape.type.unwrap().nullable(),
});
export type RunStep = z.infer<typeof RunStep>;

/** A call of a plan as the dry run found it, before anything happens. */
export const PreviewStep = z.object({
  id: z.string(),
  /** NAME@VERSION, or null for a question. */
  contract: z.string().nullable(),
  title: z.string(),
  effect: EffectClass.nullable(),
  /** References to what is not known yet stay as they are. */
  arguments: z.unknown(),
  blast: z.object({ resource: z.string(), items: z.number() }).nullable(),
  wayBack: z.string().nullable(),
  cost: z.number(),
  /** Whether somebody has to allow it, as far as is known. */
  approval: z.enum(['always', 'perhaps', 'never']),
  /** `if` where it may be left out, `each` where it may be repeated, so many times at most. */
  within: z.object({ kind: z.enum(['if', 'each']), most: z.number() }).nullable(),
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

export const Run = RunRow.extend({
  /** Null until it is made, and for whoever may not read it. */
  preview: z.array(PreviewStep).nullable(),
  steps: z.array(RunStep),
  /** Whether it may be started, cancelled and taken back by whoever asks. */
  mayStart: z.boolean(),
  mayCancel: z.boolean(),
  mayUndo: z.boolean(),
});
export type Run = z.infer<typeof Run>;

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

export const AnswerQuestion = z.strictObject({
  step: z.string().max(80),
  answer: z.union([z.string().max(4000), z.number(), z.boolean()]),
});
export type AnswerQuestion = z.infer<typeof AnswerQuestion>;

export const ApprovalState = z.enum(['pending', 'granted', 'denied', 'used', 'expired', 'void']);
export type ApprovalState = z.infer<typeof ApprovalState>;

/** What somebody is asked to allow: exactly these bytes, once, until then. */
export const Approval = z.object({
  id: z.string(),
  run: z.string(),
  step: z.string(),
  requester: z.string(),
  state: ApprovalState,
  expiresAt: z.string(),
  /** Of `text`. */
  digest: z.string(),
  /** ApprovalText as canonical JSON (RFC 8785); pages render from these bytes and from nothing else. */
  text: z.string(),
  approvers: z.number(),
  granted: z.array(z.string()),
  mayDecide: z.boolean(),
  /** Why not, in words. */
  because: z.string().nullable(),
});
export type Approval = z.infer<typeof Approval>;

/** What an approval says. Nothing of it may differ when the step is carried out. */
export const ApprovalText = z.strictObject({
  v: z.literal(1),
  tenant: z.number(),
  requester: z.string(),
  run: z.string(),
  step: z.string(),
  contract: z.string(),
  title: z.string(),
  contractDigest: z.string(),
  definitionDigest: z.string(),
  effect: EffectClass,
  arguments: z.unknown(),
  /** Arguments that decide something, and who could have chosen them. */
  sinks: z.array(
    z.strictObject({ at: z.string(), sink: Sink, integrity: z.enum(['system', 'user', 'untrusted']) }),
  ),
  reasons: z.array(HoldReason),
  blast: z.strictObject({ resource: z.string(), items: z.number(), perDay: z.number() }),
  wayBack: z.string().nullable(),
  /** Of what the dry run found; null where there was none. */
  preview: z.string().nullable(),
  expires: z.string(),
  nonce: z.string(),
});
export type ApprovalText = z.infer<typeof ApprovalText>;

/** A decision names the digest of what was read, so that nothing else is decided. */
export const DecideApproval = z.strictObject({
  digest: z.string(),
  decision: z.enum(['grant', 'deny']),
  reason: z.string().trim().max(500).optional(),
});
export type DecideApproval = z.infer<typeof DecideApproval>;

/** What a kill switch stops: everything, or what belongs to one server, contract, person or run. */
export const KillScope = z.enum(['all', 'peer', 'contract', 'person', 'run']);
export type KillScope = z.infer<typeof KillScope>;

export const SetKill = z.strictObject({
  scope: KillScope,
  /** A server's id, a contract's name, a person's name, a run's id; absent for everything. */
  target: z.string().trim().min(1).max(220).optional(),
  reason: z.string().trim().min(1).max(500),
});
export type SetKill = z.infer<typeof SetKill>;

export const Kill = z.object({
  id: z.number(),
  scope: KillScope,
  target: z.string().nullable(),
  reason: z.string(),
  /** Null where it was set in the database itself. */
  by: z.string().nullable(),
  at: z.string(),
  liftedAt: z.string().nullable(),
});
export type Kill = z.infer<typeof Kill>;
