import { z } from 'zod';
import { AfterLeaf } from './audit.js';

/** How many days a collection keeps documents (null: for ever), and what the caller may read of what is due by that. */
export const Retention = z.object({
  days: z.number().nullable(),
  /** At least so many go: others may be due that the caller may not read. */
  due: z.number(),
  /** The first 100 of them. */
  documents: z.array(z.object({ id: z.string(), title: z.string(), path: z.string() })),
});
export type Retention = z.infer<typeof Retention>;
export const RetentionDays = z.number().int().min(1).max(36500);

/** What is left of a deleted document or answer, and where its receipt stands on the ledger. */
export const ReceiptCheck = z.object({
  ok: z.boolean(),
  leafId: z.string(),
  kind: z.enum(['document', 'answer']),
  /** The id of what was deleted. */
  document: z.string(),
  deletedAt: z.string(),
  ledger: z.object({
    included: z.boolean(),
    sequence: z.number().nullable(),
    size: z.number(),
    root: z.string(),
    path: z.array(z.string()),
  }),
  /** Whether a tombstone keeps a document from coming back; of an answer, whether the ledger says that it was erased. */
  buried: z.boolean(),
  /** Rows by table; empty when nothing is left. */
  remains: z.record(z.string(), z.number()),
});
export type ReceiptCheck = z.infer<typeof ReceiptCheck>;

/** The receipt of something that the caller deleted. */
export const Receipt = ReceiptCheck.pick({
  leafId: true,
  kind: true,
  document: true,
  deletedAt: true,
}).extend({
  removed: z.record(z.string(), z.number()),
  /** Where a document lay: its name and path went with it. */
  collectionId: z.string().nullable(),
});
export type Receipt = z.infer<typeof Receipt>;
export const ReceiptsQuery = z.object({
  after: AfterLeaf,
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type ReceiptsQuery = z.infer<typeof ReceiptsQuery>;
/** Receipts, newest first; `next` goes into `after` for those that follow. */
export const Receipts = z.object({ receipts: z.array(Receipt), next: z.string().nullable() });
export type Receipts = z.infer<typeof Receipts>;

/** What belongs to nothing: rows, and objects without a row, rows without their object, failing removals. */
export const SweepReport = z.object({
  dryRun: z.boolean(),
  clean: z.boolean(),
  rows: z.record(z.string(), z.number()),
  objects: z.object({ stray: z.number(), lost: z.number(), failing: z.number(), waiting: z.number() }),
});
export type SweepReport = z.infer<typeof SweepReport>;
