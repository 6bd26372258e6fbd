import type { Ranker } from './rankers.js';

/** How sure it is that quotes hold the answer, and how sure it has to be for them to be shown; both 0 to 1. */
export interface Confidence {
  readonly confidence: number;
  readonly threshold: number;
}

type Weights = Pick<Ranker, 'reading' | 'calibration' | 'threshold'>;

/** Confidence by the evidence alone: how often quotes held the answer at such log-odds of it (Platt 1999). */
export function confidenceUnread(evidence: number, { calibration: { slope, offset } }: Weights): number {
  return logistic(slope * evidence + offset);
}

/**
 * How often quotes held the answer at such log-odds of the evidence and, where sentences were read again, of the reader: a
 * logistic over the outputs of both (stacking, Wolpert 1992), fitted on articles that neither had seen. A sentence that
 * seems to answer makes up for no evidence: where that is below the gate, it alone counts.
 */
export function confidenceOf(evidence: number, read: number | undefined, ranker: Weights): Confidence {
  const { reading, threshold } = ranker;
  const unread = confidenceUnread(evidence, ranker);
  if (read === undefined || reading === undefined) return { confidence: unread, threshold };
  if (unread < reading.gate) return { confidence: unread, threshold: reading.gate };
  const { slope, reader, offset } = reading.calibration;
  return { confidence: logistic(slope * evidence + reader * read + offset), threshold: reading.threshold };
}

const logistic = (odds: number): number => 1 / (1 + Math.exp(-odds));
