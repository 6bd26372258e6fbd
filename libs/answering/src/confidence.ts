import type { Ranker } from './rankers.js';

/** How sure it is that quotes hold the answer, and how sure it has to be for them to be shown; both 0 to 1. */
export interface Confidence {
  readonly confidence: number;
  readonly threshold: number;
}

type Weights = Pick<Ranker, 'reading' | 'calibration' | 'threshold'>;

/**
 * How often quotes held the answer at such log-odds of the evidence and, where sentences were read again, of the reader: a
 * logistic over the outputs of both (Platt 1999; stacking, Wolpert 1992), fitted on articles that neither had seen. A
 * sentence that seems to answer makes up for no evidence: where that alone is too low, it alone counts.
 */
export function confidenceOf(evidence: number, read: number | undefined, ranker: Weights): Confidence {
  const { reading, calibration, threshold } = ranker;
  const unread = logistic(calibration.slope * evidence + calibration.offset);
  if (read === undefined || reading === undefined || unread < threshold)
    return { confidence: unread, threshold };
  const { slope, reader, offset } = reading.calibration;
  return { confidence: logistic(slope * evidence + reader * read + offset), threshold: reading.threshold };
}

const logistic = (odds: number): number => 1 / (1 + Math.exp(-odds));
