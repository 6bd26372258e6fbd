/**
 * Converts a trained reader to the graph that serves, and writes it with its entry in `models/manifest.json`.
 *   node convert.mjs work/reader.safetensors work/pools.jsonl        (here, after npm run build)
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { convertReader } from '../../../libs/inference/dist/conversion/convert-reader.js';
import { safetensorsEncoder } from '../../../libs/inference/dist/conversion/safetensors.js';
import { packReading } from '../../../libs/inference/dist/reader/pack-reading.js';
import { readTokenizer } from '../../../libs/inference/dist/tokenizers/tokenizer.js';

const ID = 'sentence-reader-en';
const SHAPE = { layers: 6, hidden: 384, heads: 12, intermediate: 1536, vocabulary: 30522, positions: 512, epsilon: 1e-12 };
const LIMITS = { question: 40, sentence: 64 };
const SENTENCES = 4;
const VOCABULARY = 'static-en-256/vocab.txt';
const TOKENIZER = { type: 'wordpiece', lowercase: true, stripAccents: true };
const [CALIBRATION, CHECK] = [64, 64];

const here = dirname(new URL(import.meta.url).pathname);
const models = join(here, '..', '..');
const [source, pools] = process.argv.slice(2);
const bytes = readFileSync(source);
const data = { size: bytes.length, slice: (start, end) => bytes.subarray(start, end) };
const vocabulary = readFileSync(join(models, VOCABULARY), 'utf8');
const tokenizer = readTokenizer({ tokenizer: TOKENIZER, specialTokens: true }, () => vocabulary);
const rows = readFileSync(pools, 'utf8').split('\n').map((line) => JSON.parse(line));
// Evenly over the articles.
const every = Math.floor(rows.length / (CALIBRATION + CHECK));
const packed = Array.from({ length: CALIBRATION + CHECK }, (_, index) => {
  const { question, seen } = rows[index * every];
  return packReading(tokenizer, question, seen.slice(0, SENTENCES).map(({ text }) => text), LIMITS).ids;
});
const texts = { seen: packed.filter((_, index) => index % 2 === 0), others: packed.filter((_, index) => index % 2 === 1) };
const { graph, check } = await convertReader(safetensorsEncoder(data, SHAPE, 0), texts);
console.log({ bytes: graph.length, ...check });

const path = `${ID}/model.onnx`;
mkdirSync(join(models, ID), { recursive: true });
writeFileSync(join(models, path), graph);
const sha256 = (content) => createHash('sha256').update(content).digest('hex');
const script = (name) => [name, sha256(readFileSync(join(here, name)))];
const file = (name) => {
  const content = readFileSync(join(models, name));
  return { path: name, sha256: sha256(content), bytes: content.length };
};
const manifest = JSON.parse(readFileSync(join(models, 'manifest.json'), 'utf8'));
const { teacher } = manifest.models.find(({ id }) => id === 'static-en-256').lineage;
const reader = {
  id: ID,
  task: 'reading',
  version: '1',
  quantization: 'int8, words int4',
  languages: ['en'],
  limits: LIMITS,
  tokenizer: TOKENIZER,
  licence: 'Apache-2.0',
  lineage: {
    method: 'tuned to point at tokens of the answer among the best sentences of a search; words frozen',
    base: teacher,
    data: { name: 'squad-train-small', licence: 'CC BY-SA 4.0', heldOut: 'every fourth article by title' },
    check,
    scripts: Object.fromEntries(['pools.mjs', 'ranked.mjs', 'train.py', 'convert.mjs'].map(script)),
  },
  files: [file(path), file(VOCABULARY)],
};
const { models: embedding, known } = manifest;
writeFileSync(join(models, 'manifest.json'), `${JSON.stringify({ models: embedding, reader, known }, null, 2)}\n`);
