import { z } from 'zod';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const ModelFile = z.object({
  path: z.string(),
  sha256: Sha256,
  bytes: z.number().int().nonnegative(),
});

/** How text becomes token ids. Each kind has its vocabulary in a file of its own beside the graph. */
const Tokenizer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('wordpiece'), lowercase: z.boolean(), stripAccents: z.boolean() }),
  z.object({ type: z.literal('unigram') }),
]);
export type TokenizerSettings = z.infer<typeof Tokenizer>;

/** Where the files of an imported model come from, and how far its vectors are from those in full precision. */
const Provenance = z.object({
  source: z.string(),
  /** What the pinned files of the source hash to. */
  digests: z.array(z.object({ name: z.string(), sha256: Sha256 })),
  /** The day on which these digests were seen first. */
  pinned: z.iso.date(),
  conversion: z.string(),
  check: z.object({ texts: z.number().int(), meanCosine: z.number(), leastCosine: z.number() }).optional(),
});
export type Provenance = z.infer<typeof Provenance>;

export const ModelId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);

/** What belongs to a model whatever its files are. */
const settings = {
  id: ModelId,
  maxTokens: z.number().int().min(8),
  prefixes: z.object({ query: z.string(), passage: z.string() }),
  languages: z.array(z.string()).default([]),
  /** Whether sentences get vectors of their own: they cost as much as those of passages. */
  sentences: z.boolean().default(false),
  fusion: z.object({ alpha: z.number().min(0).max(1), cosineFloor: z.number(), cosineCeiling: z.number() }),
  licence: z.string(),
};

/** One model: an entry of models/manifest.json, or the model.json of an installed one. */
export const EmbeddingModelEntry = z.object({
  ...settings,
  task: z.literal('embedding'),
  version: z.string(),
  dimension: z.number().int().min(1).max(4000),
  /** How token vectors become one where the graph does not pool by itself. */
  pooling: z.enum(['mean', 'cls']),
  /** Whether WordPiece ids begin with [CLS] and end with [SEP]. */
  specialTokens: z.boolean(),
  tokenizer: Tokenizer,
  provenance: Provenance.optional(),
  files: z.array(ModelFile).min(1),
});
export type EmbeddingModelEntry = z.infer<typeof EmbeddingModelEntry>;

/** A model that is not bundled but known: where it can be had and how it is to be used. */
const KnownModel = z.object({
  ...settings,
  /** Higher comes first on a fresh instance. */
  rank: z.number().int(),
  title: z.string(),
  package: z.object({
    name: z.string(),
    version: z.string(),
    file: z.string(),
    sha256: Sha256,
    bytes: z.number().int(),
    /** Where it runs only on some machines: the one it is asked for by. */
    platform: z.string().optional(),
    /** The file of weights in it that is read, where there are several. */
    weights: z.string(),
  }),
  hub: z.string(),
});
export type KnownModel = z.infer<typeof KnownModel>;

/** A model that reads a question with sentences, and says how far each answers it. It is always bundled. */
const ReaderEntry = z.object({
  id: ModelId,
  task: z.literal('reading'),
  version: z.string(),
  languages: z.array(z.string()).min(1),
  /** Most tokens of a question and of a sentence. */
  limits: z.object({ question: z.number().int().min(8), sentence: z.number().int().min(8) }),
  tokenizer: Tokenizer,
  licence: z.string(),
  files: z.array(ModelFile).min(1),
});
export type ReaderEntry = z.infer<typeof ReaderEntry>;

export const Manifest = z.object({
  models: z.array(EmbeddingModelEntry),
  reader: ReaderEntry.optional(),
  known: z.array(KnownModel).default([]),
});
