import { z } from 'zod';

/** The `next` of a page of leaves, where a later one begins. */
export const AfterLeaf = z
  .string()
  .regex(/^(\d{4}-\d\d-\d\dT[\d:.]+Z_[0-9a-f-]{36})?$/, 'must be the "next" of an earlier page')
  .default('');

/** What to look for in the ledger. `type` may be the beginning of one; days are by UTC. */
export const AuditQuery = z.object({
  type: z.string().max(60).optional(),
  actor: z.string().max(63).optional(),
  resource: z.string().max(1000).optional(),
  since: z.iso.date().optional(),
  until: z.iso.date().optional(),
  after: AfterLeaf,
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
export type AuditQuery = z.infer<typeof AuditQuery>;

/**
 * One leaf. A payload is shown of one's own acts and of acts of administration, else withheld: what a person asked is
 * theirs. `erased` where it was taken away; the header with its digests stays.
 */
export const AuditLeaf = z.object({
  sequence: z.number().nullable(),
  leafId: z.string(),
  header: z.string(),
  type: z.string(),
  actor: z.string().nullable(),
  resource: z.string().nullable(),
  time: z.string(),
  payload: z.discriminatedUnion('state', [
    z.object({ state: z.literal('shown'), value: z.record(z.string(), z.unknown()) }),
    z.object({ state: z.enum(['withheld', 'erased']) }),
  ]),
});
export type AuditLeaf = z.infer<typeof AuditLeaf>;
export const AuditPage = z.object({ leaves: z.array(AuditLeaf), next: z.string().nullable() });

/** RFC 6962 proof that a leaf is in the tree of a checkpoint: hashes in hex, nearest sibling first. */
export const InclusionProof = z.object({
  leafId: z.string(),
  sequence: z.number(),
  treeSize: z.number(),
  leafHash: z.string(),
  path: z.array(z.string()),
  root: z.string(),
  checkpoint: z.string(),
});
export type InclusionProof = z.infer<typeof InclusionProof>;
