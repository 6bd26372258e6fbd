/** Question sets in the BEIR layout, and a search over one that scores as the product does, held in memory. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddingPool, loadModel } from '../../../libs/inference/dist/index.js';
import {
  analyzeQuery,
  analyzeText,
  B,
  fuse,
  K1,
  packedCosines,
  packVectors,
  partsOf,
  theoreticalMaximum,
  weighTerms,
} from '../../../libs/retrieval/dist/index.js';
import { chunkPart } from '../../../libs/ingestion/dist/chunk.js';
import { readPassage } from '../../../libs/answering/dist/read-passage.js';

// As ingestion cuts.
const CHUNKS = { target: 160, cap: 192 };

const readLines = (path) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

function chunksOf({ _id, title, text }, countTokens) {
  const whole = { text, start: 0, headings: [], path: [], firstPage: 1, pages: null, language: 'en' };
  return Array.from(chunkPart(whole, { ...CHUNKS, countTokens }), ({ start, end }) => ({
    document: _id,
    title,
    start,
    end,
    text: text.slice(start, end),
  }));
}

/** Embeds texts; with `BELAY_VECTORS` (a folder) the vectors of one model are kept there for the next run. */
async function embedOnce(pool, { digest, dimension }, texts, role) {
  const folder = process.env.BELAY_VECTORS;
  const key = createHash('sha256').update(JSON.stringify([digest, role, texts])).digest('hex');
  const path = folder && join(folder, `${key}.f32`);
  if (path && existsSync(path)) {
    const all = new Float32Array(new Uint8Array(readFileSync(path)).buffer);
    return texts.map((_, index) => all.subarray(index * dimension, (index + 1) * dimension));
  }
  const vectors = await pool.embed(texts, role, 'ingest');
  if (path) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, Buffer.concat(vectors.map((row) => Buffer.from(Float32Array.from(row).buffer))));
  }
  return vectors;
}

// As ingestion embeds the sentences of a passage.
async function addParts(pool, model, chunks) {
  const parts = chunks.map(({ text }) => partsOf(text, 'en'));
  const texts = chunks.flatMap(({ title, text }, index) =>
    parts[index].map(({ start, end }) => `${title}\n${text.slice(start, end)}`),
  );
  const vectors = await embedOnce(pool, model, texts, 'passage');
  let next = 0;
  chunks.forEach((chunk, index) => {
    chunk.packed = packVectors(vectors.slice(next, next + parts[index].length));
    next += parts[index].length;
  });
}

/** Reads a folder; every chunk is analysed and embedded, every question embedded. */
export async function readSet(folder, modelId) {
  const model = loadModel(modelId, { home: process.env.BELAY_HOME });
  const pool = new EmbeddingPool(model, 2);
  const answers = new Map(readLines(join(folder, 'answers.jsonl')).map((row) => [row._id, row]));
  const countTokens = (text) => pool.countTokens(text);
  const chunks = readLines(join(folder, 'corpus.jsonl')).flatMap((row) => chunksOf(row, countTokens));
  const texts = chunks.map((chunk) => `${chunk.title}\n${chunk.text}`);
  const vectors = await embedOnce(pool, model, texts, 'passage');
  chunks.forEach((chunk, index) => {
    const { terms, length } = analyzeText(`${chunk.title}\n${chunk.text}`, 'en');
    Object.assign(chunk, { chunkId: index + 1, vector: vectors[index], terms, length });
  });
  if (model.sentences) await addParts(pool, model, chunks);
  const rows = readLines(join(folder, 'queries.jsonl'));
  const asked = rows.map((row) => row.text);
  const embedded = await embedOnce(pool, model, asked, 'query');
  await pool.close();
  const questions = rows.map((row, index) => ({
    text: row.text,
    vector: embedded[index],
    terms: analyzeQuery(row.text, ['en']),
    document: answers.get(row._id).doc,
    answers: answers.get(row._id).answers,
  }));
  return { chunks, questions, fusion: model.fusion, digest: model.digest, sentences: model.sentences };
}

const readPassages = new Map();

/** A passage taken apart; every question finds the same ones again. */
export function readOnce(passage) {
  const known = readPassages.get(passage.chunkId);
  if (known) return known;
  const read = readPassage(passage);
  readPassages.set(passage.chunkId, read);
  return read;
}

// A question meets the same chunks again in every corpus that it is asked in.
const cosines = new WeakMap();
function cosineOf(question, { chunkId, vector }) {
  const known = cosines.get(question) ?? new Map();
  cosines.set(question, known);
  if (!known.has(chunkId)) {
    let sum = 0;
    for (let at = 0; at < vector.length; at += 1) sum += vector[at] * question.vector[at];
    known.set(chunkId, sum);
  }
  return known.get(chunkId);
}

// Of each set, the chunks that hold a term.
const holders = new WeakMap();
function holdersOf(chunks) {
  const known = holders.get(chunks);
  if (known) return known;
  const made = new Map();
  for (const chunk of chunks) {
    for (const term of chunk.terms.keys()) {
      const list = made.get(term);
      if (list) list.push(chunk);
      else made.set(term, [chunk]);
    }
  }
  holders.set(chunks, made);
  return made;
}

/** Searches `chunks` without those that `hides` picks, as if they did not exist. */
export function search({ chunks, fusion }, question, limit, hides = () => false) {
  const visible = chunks.filter((chunk) => !hides(chunk));
  const all = holdersOf(chunks);
  const held = new Map(
    question.terms.map(({ term, termId }) => [termId, (all.get(term) ?? []).filter((chunk) => !hides(chunk))]),
  );
  const queryTerms = weighTerms(question.terms, visible.length, (id) => held.get(id).length);
  const weights = queryTerms.filter((term) => term.found);
  const average = visible.reduce((sum, { length }) => sum + length, 0) / visible.length;
  const scores = new Map();
  for (const { term, termId, idf } of weights) {
    for (const chunk of held.get(termId)) {
      const share = idf * saturation(chunk, term, average);
      scores.set(chunk.chunkId, (scores.get(chunk.chunkId) ?? 0) + share);
    }
  }
  const candidates = visible.map((chunk) => ({
    chunkId: chunk.chunkId,
    bm25: scores.get(chunk.chunkId) ?? 0,
    cosine: cosineOf(question, chunk),
  }));
  const byId = new Map(visible.map((chunk) => [chunk.chunkId, chunk]));
  const passages = fuse(candidates, theoreticalMaximum(weights), fusion)
    .slice(0, limit)
    .map((candidate) => {
      const { document, title, heading = [], language = 'en', start, end, text, packed } = byId.get(candidate.chunkId);
      const parts = packed && packedCosines(packed, question.vector);
      return { ...candidate, documentId: document, versionId: document, title, heading, language, start, end, text, parts };
    });
  return { passages, queryTerms, visibleChunks: visible.length };
}

function saturation({ terms, length }, term, average) {
  const frequency = terms.get(term) ?? 0;
  return frequency === 0 ? 0 : (frequency * (K1 + 1)) / (frequency + K1 * (1 - B + (B * length) / average));
}

/** True where a text holds one of the answers. */
export function holds(text, answers) {
  const plain = text.toLowerCase();
  return answers.some((answer) => plain.includes(answer.toLowerCase()));
}
