import { AnswerThreshold } from '@belay/contracts';
import { type AskedQuestion, judgeAnswers, thresholdAt } from '@belay/evaluation';
import { CliError, EXIT } from '../failure.js';
import type { ApiClient } from '../http/api-client.js';

// The share of answerable questions that a calibrated collection refuses.
const FALSE_REFUSAL = 0.05;
const LEAST_QUESTIONS = 50;

/** Stores the threshold that refuses one answerable question in twenty of a dataset for a collection; returns it. */
export async function calibrateCollection(
  api: ApiClient,
  collection: string,
  asked: readonly AskedQuestion[],
  models: Record<string, string>,
): Promise<number> {
  const judged = judgeAnswers(asked);
  if (judged.length < LEAST_QUESTIONS) {
    throw new CliError(
      `A threshold needs at least ${LEAST_QUESTIONS} answerable questions; ${judged.length} were asked. Add questions, or leave out --hide-gold.`,
      EXIT.usage,
    );
  }
  const threshold = Number(thresholdAt(judged, FALSE_REFUSAL).toFixed(4));
  const model = models['embedding']?.split('@')[0] ?? '';
  const body = { model, threshold, questions: judged.length };
  const path = `collections/${encodeURIComponent(collection)}/threshold`;
  await api.call(path, AnswerThreshold, { method: 'PUT', body });
  return threshold;
}
