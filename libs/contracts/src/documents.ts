import { z } from 'zod';
import { Name } from './principals.js';

export const Stage = z.enum(['parse', 'chunk', 'embed', 'index', 'ready', 'failed']);
export type Stage = z.infer<typeof Stage>;

export const NewCollection = z.object({ name: Name, title: z.string().min(1).max(200) });
export const Collection = z.object({
  id: z.string(),
  name: Name,
  title: z.string(),
  /** The name of whose it is, where the caller sees another collection of this name or title; else null. */
  owner: z.string().nullable(),
  /** Whether the caller may add documents and change permissions here. */
  manages: z.boolean(),
  folders: z.array(z.string()),
});
export type Collection = z.infer<typeof Collection>;

/** A document that the caller may read. */
export const Document = z.object({
  id: z.string(),
  collection: z.string(),
  collectionId: z.string(),
  path: z.string(),
  title: z.string(),
  mediaType: z.string(),
  bytes: z.number(),
  stage: Stage,
  error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  versionId: z.string().nullable(),
  updatedAt: z.string(),
  manages: z.boolean(),
});
export type Document = z.infer<typeof Document>;

/** How many documents are under way and how many failed, of those that the caller uploaded, or manages and may read. */
export const IngestionProgress = z.object({ waiting: z.number(), failed: z.number() });
export type IngestionProgress = z.infer<typeof IngestionProgress>;

/**
 * What became of the newest version of a document. `parts` have been read of it so far, and `indexed` of these can be
 * found; how many there will be is known once the stage is `index`.
 */
export const UploadEntry = Document.pick({
  id: true,
  collection: true,
  collectionId: true,
  path: true,
  title: true,
  stage: true,
  error: true,
  versionId: true,
  manages: true,
}).extend({ parts: z.number(), indexed: z.number(), uploadedAt: z.string() });
export type UploadEntry = z.infer<typeof UploadEntry>;
export const UploadState = z.enum(['waiting', 'failed', 'ready']);
export type UploadState = z.infer<typeof UploadState>;

/**
 * Documents that the caller uploaded or manages and may read, in one state, newest first. The counts are of all such;
 * `next` goes into `after` for those that follow.
 */
export const Uploads = IngestionProgress.extend({
  uploads: z.array(UploadEntry),
  next: z.string().nullable(),
});
export type Uploads = z.infer<typeof Uploads>;

/**
 * What an upload returns: the id to follow. `unchanged` where the same bytes are already there, `replaces` where others
 * are, as far as whoever uploads may read them.
 */
export const Accepted = z.object({
  id: z.string(),
  path: z.string(),
  stage: Stage,
  unchanged: z.boolean(),
  replaces: z.boolean(),
});
export type Accepted = z.infer<typeof Accepted>;

/** The text of one version. Offsets everywhere are UTF-16 code units of `text`. */
export const DocumentContent = z.object({
  id: z.string(),
  versionId: z.string(),
  title: z.string(),
  mediaType: z.string(),
  language: z.string(),
  text: z.string(),
  headings: z.array(z.object({ level: z.number(), start: z.number(), end: z.number() })),
  /** Start offset of each page, for PDF. */
  pages: z.array(z.number()).nullable(),
});
export type DocumentContent = z.infer<typeof DocumentContent>;

/** Where a passage stands on its pages: left, top, width and height as shares of the page's sides. */
export const PassageBoxes = z.object({
  pages: z.array(z.object({ page: z.number(), boxes: z.array(z.array(z.number())) })),
});
export type PassageBoxes = z.infer<typeof PassageBoxes>;

/** Proof of what a deletion removed, with the id of its ledger leaf. */
export const DeletionReceipt = z.object({
  document: z.string(),
  deletedAt: z.string(),
  leafId: z.string(),
  removed: z.record(z.string(), z.number()),
});
export type DeletionReceipt = z.infer<typeof DeletionReceipt>;
