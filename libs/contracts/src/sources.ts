import { z } from 'zod';
import { Name } from './principals.js';

/** A place of this server, or a Git address, that a collection gets its documents from. */
export const NewSource = z.object({
  collection: z.string().min(1),
  kind: z.enum(['folder', 'git']),
  location: z.string().min(1).max(1000),
  branch: z.string().min(1).max(200).optional(),
  /** A folder inside the collection. */
  folder: z.string().max(500).optional(),
  everyMinutes: z.number().int().min(1).max(43200).default(15),
  deletes: z.boolean().default(true),
});
export type NewSource = z.infer<typeof NewSource>;

export const Source = z.object({
  id: z.string(),
  collection: z.string(),
  /** Names are unique for an owner only. */
  collectionId: z.string(),
  owner: Name,
  kind: z.enum(['folder', 'git']),
  location: z.string(),
  branch: z.string().nullable(),
  folder: z.string(),
  everyMinutes: z.number(),
  deletes: z.boolean(),
  running: z.boolean(),
  removing: z.boolean(),
  error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  counts: z.object({ documents: z.number(), problems: z.number() }),
  finishedAt: z.string().nullable(),
  /** Rules that match no file, and files that could not be taken; shown to the owner of the source only. */
  problems: z.array(z.object({ path: z.string(), reason: z.string() })),
});
export type Source = z.infer<typeof Source>;
