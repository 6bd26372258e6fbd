import { createHash } from 'node:crypto';
import { ANSWER_THRESHOLD, EVIDENCE_BIAS, EVIDENCE_WEIGHTS, SENTENCE_WEIGHTS } from './ranker-weights.js';

/** SHA-256 (hex) over everything fitted that decides which sentences answer, and whether any does. */
export const RANKER_DIGEST = createHash('sha256')
  .update(JSON.stringify([SENTENCE_WEIGHTS, EVIDENCE_WEIGHTS, EVIDENCE_BIAS, ANSWER_THRESHOLD]))
  .digest('hex');
