import { chunkPart } from '../../libs/ingestion/dist/chunk.js';
import { realTexts } from './real-texts.mjs';

/** More than a passage has. */
const CHARACTERS = 4000;
const SIZE = { target: 160, cap: 192 };

/** `wanted` passages of real text, cut as the product cuts them, from many documents. */
export function realPassages(wanted, countTokens) {
  const { documents } = realTexts();
  // To count the tokens of all of them takes minutes.
  const length = CHARACTERS * (2 + Math.ceil(wanted / documents.length));
  const cut = documents.map(({ bytes }) => passagesOf(bytes.toString('utf8').slice(0, length), countTokens));
  const passages = [];
  for (let turn = 0; passages.length < wanted; turn += 1) {
    const found = cut.flatMap((list) => list[turn] ?? []);
    if (found.length === 0) throw new Error(`the texts hold ${passages.length} passages only`);
    passages.push(...found);
  }
  return passages.slice(0, wanted);
}

function passagesOf(markdown, countTokens) {
  const text = markdown.replace(/^#+ /gm, '');
  const place = { start: 0, headings: [], path: [], firstPage: 0, pages: null, language: 'en' };
  return [...chunkPart({ text, ...place }, { ...SIZE, countTokens })].map((chunk) => chunk.text);
}
