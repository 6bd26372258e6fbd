import { detect } from 'tinyld';

const SAMPLE = 3000;
const SHORTEST = 40;

/** ISO 639-1 code of the text's language, `und` where it is too short or unclear. */
export function detectLanguage(text: string): string {
  const sample = text.slice(0, SAMPLE);
  if (sample.trim().length < SHORTEST && !/[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/u.test(sample))
    return 'und';
  return detect(sample) || 'und';
}
