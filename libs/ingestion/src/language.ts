import { detectAll } from 'tinyld';

const SAMPLE = 2000;
const SHORTEST = 40;
const LEAST_ACCURACY = 0.1;
// One character of these scripts says more than one letter: short texts are long enough.
const DENSE_SCRIPT = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/u;

/** ISO 639-1 code of the text's language, `und` where it is too short or unclear. */
export function detectLanguage(text: string): string {
  const sample = text.slice(0, SAMPLE);
  if (sample.trim().length < SHORTEST && !DENSE_SCRIPT.test(sample)) return 'und';
  const best = detectAll(sample)[0];
  // Codes of three letters (Klingon, Berber) are what the detector says of noise.
  return best && best.accuracy >= LEAST_ACCURACY && best.lang.length === 2 ? best.lang : 'und';
}

const SURE = 0.4;
const LONG_ENOUGH = 160;

/** Language of one passage: that of the text around it, unless it is long and clearly in another one. */
export function languageOfPassage(text: string, around: string): string {
  if (text.length < LONG_ENOUGH && !DENSE_SCRIPT.test(text)) return around;
  const best = detectAll(text)[0];
  return best && best.accuracy >= SURE && best.lang.length === 2 ? best.lang : around;
}
