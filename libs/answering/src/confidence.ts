import type { Ranker } from './rankers.js';

/** How sure it is that quotes hold the answer, and how sure it has to be for them to be shown; both 0 to 1. */
export interface Confidence {
  readonly confidence: number;
  readonly threshold: number;
}

type Weights = Pick<Ranker, 'reading' | 'calibration' | 'threshold'>;

/**
 * Confidence by the evidence alone: how often quotes held the answer at such log-odds of it (Platt 1999); and how sure
 * that has to be for sentences to be read, where a ranker has them read.
 */
export function confidenceUnread(evidence: number, { reading, calibration, threshold }: Weights): Confidence {
  const { slope, offset } = calibration;
  return { confidence: logistic(slope * evidence + offset), threshold: reading?.gate ?? threshold };
}

/**
 * How often quotes held the answer at such log-odds of the evidence and, where sentences were read again, of the reader: a
 * logistic over the outputs of both (stacking, Wolpert 1992), fitted on articles that neither had seen. A sentence that
 * seems to answer makes up for no evidence: where that is below the gate, it alone counts.
 */
export function confidenceOf(evidence: number, read: number | undefined, ranker: Weights): Confidence {
  const unread = confidenceUnread(evidence, ranker);
  const { reading, threshold } = ranker;
  if (reading === undefined || isUnsure(unread)) return unread;
  if (read === undefined) return { ...unread, threshold };
  const { slope, reader, offset } = reading.calibration;
  return { confidence: logistic(slope * evidence + reader * read + offset), threshold: reading.threshold };
}

export const isUnsure = ({ confidence, threshold }: Confidence): boolean => confidence < threshold;

const logistic = (odds: number): number => 1 / (1 + Math.exp(-odds));
