import { z } from 'zod';
import { PlanNode, StepId } from './plans.js';
import { Identifier, Principal, Sink, Version } from './tool-contracts.js';
import { ContractState, Finding, FixtureResult } from './tools.js';

/** What a slot takes; a day is written as 2027-01-31. */
export const SlotType = z.enum([
  'text',
  'number',
  'yes-no',
  'choice',
  'date',
  'email',
  /** A word of a form that `pattern` says, such as the number of a ticket. */
  'identifier',
]);
export type SlotType = z.infer<typeof SlotType>;

export const SlotValue = z.union([z.string().max(4000), z.number(), z.boolean()]);
export type SlotValue = z.infer<typeof SlotValue>;

/** What a playbook needs to know from the person. It comes from the person's own words or from an answer, never else. */
export const Slot = z.strictObject({
  type: SlotType,
  /** What the person is asked where their words do not say it. */
  question: z.string().trim().min(1).max(300),
  /** Of a choice. */
  choices: z.array(z.string().trim().min(1).max(200)).min(2).max(50).optional(),
  /** What the whole value must look like, as a regular expression (RE2). */
  pattern: z.string().min(1).max(200).optional(),
  /** Taken where the person says nothing; without it, the person is asked. */
  default: SlotValue.optional(),
  /** What it decides where it goes; content decides nothing. */
  sink: Sink.default('content'),
});
export type Slot = z.infer<typeof Slot>;

/** Recorded calls of a playbook, and the steps that they must lead to. */
export const Fixture = z.strictObject({
  name: z.string().trim().min(1).max(200),
  slots: z.record(StepId, SlotValue).default({}),
  /** What calls and questions give, by the id of their step (`close.2` in the second round of a loop). */
  results: z.record(z.string().max(80), z.unknown()).default({}),
  /** The steps that happen, in the order in which they are ready; `arguments` where they matter. */
  steps: z
    .array(
      z.strictObject({ id: z.string().max(80), arguments: z.record(z.string(), z.unknown()).optional() }),
    )
    .max(200),
  /** What ends it too early: a text that the reason contains. */
  problem: z.string().min(1).max(200).optional(),
});
export type Fixture = z.infer<typeof Fixture>;

const Cue = z
  .string()
  .trim()
  .min(1)
  .max(40)
  .regex(/^[\p{L}\p{N}' -]+$/u, 'must be words');

/** A workflow that people start by saying what they want. Immutable: its digest is its identity. */
export const Playbook = z.strictObject({
  playbook: Identifier,
  version: Version,
  title: z.string().trim().min(1).max(80),
  description: z.string().trim().min(1).max(500),
  /** How people ask for it, with `{slot}` where a slot's value stands. */
  examples: z.array(z.string().trim().min(3).max(300)).min(3).max(30),
  /** Words by which a wish is told from talk about the same matter: what is to be done, and with what. */
  cues: z.strictObject({
    verbs: z.array(Cue).min(1).max(30),
    objects: z.array(Cue).max(30).default([]),
  }),
  /** For whom it may be started. */
  users: z.array(Principal).min(1).max(50).default(['everyone']),
  slots: z.record(StepId, Slot).default({}),
  /** Lists that loops go over, beside the slots under the same name. */
  lists: z.record(StepId, z.array(SlotValue).min(1).max(100)).default({}),
  steps: z.array(PlanNode).min(1).max(50),
  /** Steps that text of tools decides, so that a person is asked each time: said here, so that nobody is surprised. */
  held: z.array(StepId).max(50).default([]),
  /** What a run may cost at most. */
  budget: z.number().int().min(1).max(1_000_000).default(100),
  fixtures: z.array(Fixture).max(50).default([]),
});
export type Playbook = z.infer<typeof Playbook>;

export const PlaybookRow = z.object({
  playbook: z.string(),
  version: z.string(),
  digest: z.string(),
  title: z.string(),
  state: ContractState,
  reason: z.string().nullable(),
  registeredBy: z.string(),
  approvedBy: z.string().nullable(),
  changedAt: z.string(),
});
export type PlaybookRow = z.infer<typeof PlaybookRow>;

export const PlaybookDetail = PlaybookRow.extend({ document: Playbook, findings: z.array(Finding) });
export type PlaybookDetail = z.infer<typeof PlaybookDetail>;

export const PlaybookTest = z.object({
  digest: z.string(),
  findings: z.array(Finding),
  fixtures: z.array(FixtureResult),
});
export type PlaybookTest = z.infer<typeof PlaybookTest>;

/** A slot as whoever fills it sees it. */
export const AskedSlot = z.object({
  name: z.string(),
  type: SlotType,
  question: z.string(),
  choices: z.array(z.string()).nullable(),
  default: SlotValue.nullable(),
});
export type AskedSlot = z.infer<typeof AskedSlot>;

/** A playbook as whoever may start it sees it. */
export const UsablePlaybook = z.object({
  /** NAME@VERSION */
  playbook: z.string(),
  title: z.string(),
  description: z.string(),
  example: z.string(),
  slots: z.array(AskedSlot),
});
export type UsablePlaybook = z.infer<typeof UsablePlaybook>;

/** A playbook that whoever asks may start, or works on as a developer. */
export const ListedPlaybook = PlaybookRow.extend({
  /** How it is started; null for whoever may not start it now. */
  usable: UsablePlaybook.nullable(),
});
export type ListedPlaybook = z.infer<typeof ListedPlaybook>;

export const MatchPlaybook = z.strictObject({ text: z.string().trim().min(1).max(2000) });
export type MatchPlaybook = z.infer<typeof MatchPlaybook>;

/** What the person wants done, as far as their words say it; null where they want nothing done. */
export const PlaybookMatch = z.object({
  match: UsablePlaybook.extend({
    /** What their words say. */
    values: z.record(z.string(), SlotValue),
    /** What they are asked before it can be started. */
    missing: z.array(AskedSlot),
  }).nullable(),
});
export type PlaybookMatch = z.infer<typeof PlaybookMatch>;
