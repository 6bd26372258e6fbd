import { z } from 'zod';
import { RunState, StepState } from './runs.js';
import { EffectClass, Peer, ToolContract } from './tool-contracts.js';

/** A difference or weakness that somebody who decides about a contract must see. */
export const Finding = z.object({
  severity: z.enum(['error', 'warning']),
  /** A stable name, such as `effect.no-way-back`. */
  rule: z.string(),
  /** Where in the contract, as a JSON Pointer. */
  at: z.string(),
  message: z.string(),
});
export type Finding = z.infer<typeof Finding>;

export const ContractState = z.enum(['registered', 'approved', 'quarantined', 'retired']);
export type ContractState = z.infer<typeof ContractState>;

/** A line of a definition that changed, with characters that cannot be seen written out. */
export const DefinitionChange = z.object({
  at: z.string(),
  was: z.string().nullable(),
  is: z.string().nullable(),
});
export type DefinitionChange = z.infer<typeof DefinitionChange>;

export const ContractRow = z.object({
  contract: z.string(),
  version: z.string(),
  digest: z.string(),
  title: z.string(),
  peer: z.string(),
  effect: EffectClass,
  state: ContractState,
  /** Why it is quarantined. */
  reason: z.string().nullable(),
  registeredBy: z.string(),
  approvedBy: z.string().nullable(),
  changedAt: z.string(),
  /** Of one in use: why it would not be registered today. It stays in use until somebody decides otherwise. */
  refused: z.array(Finding),
});
export type ContractRow = z.infer<typeof ContractRow>;

export const ContractDetail = ContractRow.extend({
  document: ToolContract,
  findings: z.array(Finding),
  drift: z.array(z.object({ at: z.string(), changes: z.array(DefinitionChange) })),
});
export type ContractDetail = z.infer<typeof ContractDetail>;

/** A tool as its server describes it. Every text of it is the server's: data, never an instruction. */
export const OfferedTool = z.object({
  name: z.string(),
  digest: z.string(),
  definition: z.record(z.string(), z.unknown()),
  findings: z.array(Finding),
});
export type OfferedTool = z.infer<typeof OfferedTool>;

export const ConnectPeer = z.strictObject({ peer: Peer });
export type ConnectPeer = z.infer<typeof ConnectPeer>;

export const PeerOffer = z.object({
  server: z.string(),
  protocol: z.string(),
  tools: z.array(OfferedTool),
});
export type PeerOffer = z.infer<typeof PeerOffer>;

/** A contract that a person still has to decide about. */
export const ContractDraft = z.object({ tool: z.string(), text: z.string() });
export type ContractDraft = z.infer<typeof ContractDraft>;

/** The text of a contract document, YAML or JSON. */
export const ContractText = z.strictObject({
  text: z
    .string()
    .min(1)
    .max(512 * 1024),
});
export type ContractText = z.infer<typeof ContractText>;

export const LintReport = z.object({ digest: z.string(), findings: z.array(Finding) });
export type LintReport = z.infer<typeof LintReport>;

/** Approval names the digest that was read, so that nothing else is approved. */
export const ApproveContract = z.strictObject({ digest: z.string() });
export type ApproveContract = z.infer<typeof ApproveContract>;

/** A secret and the server, exactly as it is described here, that it is for. */
export const SetSecret = z.strictObject({
  value: z
    .string()
    .min(1)
    .max(8192)
    // Neither a variable nor a header can hold those.
    .regex(/^[^\0\r\n]+$/, 'must be one line'),
  peer: Peer,
});
export type SetSecret = z.infer<typeof SetSecret>;

export const SecretPlace = z.object({ name: z.string() });
export type SecretPlace = z.infer<typeof SecretPlace>;

/** A secret without its value, which nobody is shown. */
export const SecretInfo = z.object({
  name: z.string(),
  peer: z.string(),
  setBy: z.string(),
  setAt: z.string(),
});
export type SecretInfo = z.infer<typeof SecretInfo>;

export const SetAside = z.strictObject({ reason: z.string().trim().min(1).max(500) });
export type SetAside = z.infer<typeof SetAside>;

/** A recorded call, or calls, and what of it does not hold. */
export const FixtureResult = z.object({ name: z.string(), problem: z.string().nullable() });
export type FixtureResult = z.infer<typeof FixtureResult>;

export const VerifiedContract = z.object({
  contract: z.string(),
  version: z.string(),
  state: ContractState,
  matches: z.boolean(),
  changes: z.array(DefinitionChange),
  /** Recorded calls that whoever asks may see, against the schemas of the contract. */
  fixtures: z.array(FixtureResult),
});
export type VerifiedContract = z.infer<typeof VerifiedContract>;

/** What an approved or quarantined contract allows, and what was used of it. */
export const ToolUsage = z.object({
  contract: z.string(),
  version: z.string(),
  title: z.string(),
  peer: z.string(),
  effect: EffectClass,
  state: ContractState,
  limits: ToolContract.shape.limits,
  budget: ToolContract.shape.budget,
  blast: z.object({ resource: z.string(), maxItems: z.number(), perDay: z.number() }),
  /** How many of its resource were touched today (UTC), by all contracts that touch it. */
  touchedToday: z.number(),
  /** Calls since the beginning of today (UTC). */
  callsToday: z.number(),
  /** Calls of the last 30 days by how they ended. */
  calls: z.record(z.string(), z.number()),
});
export type ToolUsage = z.infer<typeof ToolUsage>;

/** A step of a run that called a contract: neither its arguments nor its result. */
export const ContractCall = z.object({
  run: z.string(),
  runTitle: z.string(),
  runState: RunState,
  requester: z.string(),
  step: z.string(),
  state: StepState,
  reason: z.string().nullable(),
  at: z.string(),
});
export type ContractCall = z.infer<typeof ContractCall>;
