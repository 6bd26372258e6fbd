import { detect } from 'tinyld';

// A question is short: of a hundred in one language, a few are taken for others.
const LEAST_SHARE = 0.05;
// One question is no language of its own where another has this many.
const MANY = 5;
const UNKNOWN = 'und';

/**
 * ISO 639-1 codes of questions' languages, in their order. Languages that hardly any question seems to be in are
 * mistakes of the detector: each question is in the likeliest of the others, or `und`.
 */
export function detectLanguages(questions: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const language of questions.map((question) => detect(question)))
    counts.set(language, (counts.get(language) ?? 0) + 1);
  // Codes of three letters are what the detector says of noise.
  const alone = Math.max(...counts.values()) < MANY ? 1 : 2;
  const least = Math.max(alone, LEAST_SHARE * questions.length);
  const spoken = [...counts].filter(([language, count]) => language.length === 2 && count >= least);
  const only = spoken.map(([language]) => language);
  if (only.length === 0) return questions.map(() => UNKNOWN);
  return questions.map((question) => detect(question, { only }) || UNKNOWN);
}
