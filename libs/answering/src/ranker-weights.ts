export const SENTENCE_WEIGHTS: Readonly<Record<string, number>> = { ownRelative: 1 };
export const EVIDENCE_WEIGHTS: Readonly<Record<string, number>> = {};
export const EVIDENCE_BIAS = 0;
export const ANSWER_THRESHOLD = 0.5;
