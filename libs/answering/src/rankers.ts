import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelsFolder } from '@belay/inference';
import { z } from 'zod';
import { meaningDigest } from './meaning.js';

const Weights = z.record(z.string(), z.number());
const RankerFile = z.object({
  model: z.string(),
  /** Weights of the features of a sentence. */
  sentence: Weights,
  /** Weights of what speaks for a sentence beside the best one; without any, the next in rank stands there. */
  second: Weights.default({}),
  /** Weights of the evidence for answering at all; the sum with `bias` is a log-odds. */
  evidence: Weights,
  bias: z.number(),
  /** From that log-odds to how often the quotes shown held the answer (Platt). */
  calibration: z.object({ slope: z.number().positive(), offset: z.number() }),
  /** Confidence below which the question is refused where nothing is read. */
  threshold: z.number().min(0).max(1),
  /** What a further sentence must hold against the best, as a difference of scores. */
  nextSentence: z.number(),
  /**
   * How the best sentences are read again with the question: so many at most of those no further than `reach` behind the
   * best, and how much of the reader's logit is added to their scores. Without it none is. They are where the
   * confidence by the evidence alone is not below `gate`. `calibration` gives how often the quotes shown held the answer, by
   * the log-odds of the evidence and of the reader; below `threshold` what was read is refused after all.
   */
  reading: z
    .object({
      sentences: z.number().int().min(2),
      reach: z.number().positive(),
      weight: z.number().positive(),
      calibration: z.object({
        slope: z.number().positive(),
        reader: z.number().positive(),
        offset: z.number(),
      }),
      gate: z.number().min(0).max(1),
      threshold: z.number().min(0).max(1),
    })
    .optional(),
  lineage: z.record(z.string(), z.unknown()),
});

/** Everything fitted that decides which sentences answer, and whether any does, for one embedding model. */
export type Ranker = Omit<z.infer<typeof RankerFile>, 'lineage'> & {
  /** SHA-256 (hex) over the fitted file and the word vectors that it was fitted with. */
  readonly digest: string;
};

// Models without a ranker of their own are read by the one of the table that is always there.
const FALLBACK = 'static-en-256';
const rankers = new Map<string, Ranker>();

/** The ranker that was fitted with the searches of a model. */
export function rankerOf(modelId: string): Ranker {
  const known = rankers.get(modelId);
  if (known) return known;
  const own = pathOf(modelId);
  const bytes = readFileSync(existsSync(own) ? own : pathOf(FALLBACK));
  const digest = createHash('sha256').update(bytes).update(meaningDigest()).digest('hex');
  const ranker = { ...RankerFile.omit({ lineage: true }).parse(JSON.parse(bytes.toString('utf8'))), digest };
  rankers.set(modelId, ranker);
  return ranker;
}

/** A ranker that refuses below `threshold`, which was measured on what it says in the end; it reads no less for that. */
export function refusingBelow(threshold: number, ranker: Ranker): Ranker {
  const { reading } = ranker;
  const gate = Math.min(reading?.gate ?? threshold, threshold);
  return { ...ranker, threshold, reading: reading && { ...reading, gate, threshold } };
}

const pathOf = (modelId: string): string => join(modelsFolder(), 'rankers', `${modelId}.json`);
