import { z } from 'zod';
import { DefinitionChange } from './tools.js';

/** The name of a recorded call. */
export const RecordedName = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .regex(/^[\p{L}\p{N} ._-]+$/u, 'must be letters, digits, spaces, dots and dashes');

/** A finished run of the person's own whose one call, or whose dry run, is kept. */
export const RecordCall = z.strictObject({ name: RecordedName, run: z.uuid() });
export type RecordCall = z.infer<typeof RecordCall>;

/** A run of the person's own with the arguments of a recorded call. */
export const ReplayCall = z.strictObject({ run: z.uuid() });
export type ReplayCall = z.infer<typeof ReplayCall>;

/** A recorded call, for those who may call the contract and read what it gives back. */
export const RecordedCall = z.object({
  name: z.string(),
  /** A dry run where the contract has an effect. */
  kind: z.enum(['call', 'dry-run']),
  input: z.record(z.string(), z.unknown()),
  /** Whether the contract redacts something of the input, so that it cannot be made again. */
  isPartial: z.boolean(),
  output: z.unknown(),
  recordedBy: z.string(),
  recordedAt: z.string(),
  /** What of it does not fit the schemas of the contract. */
  problem: z.string().nullable(),
});
export type RecordedCall = z.infer<typeof RecordedCall>;

/** What came back this time instead of what was recorded. */
export const ReplayedCall = z.object({ name: z.string(), changes: z.array(DefinitionChange) });
export type ReplayedCall = z.infer<typeof ReplayedCall>;
