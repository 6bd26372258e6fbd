import { CALIBRATION_TEXTS, CHECK_TEXTS } from '../conversion/texts.js';
import { EmbeddingPool } from '../embedding-pool.js';
import type { EmbeddingModel } from '../store/model-store.js';

/** What a model costs on this machine. */
export interface ModelFigures {
  readonly id: string;
  /** From nothing to the first vector. */
  readonly loadMs: number;
  /** Resident memory of the process with one session loaded, less what it held before; and at the end with all. */
  readonly sessionMb: number;
  readonly processMb: number;
  readonly threads: number;
  /** Passages of about 160 tokens on all threads. */
  readonly tokensPerSecond: number;
  readonly passagesPerSecond: number;
  /** One question after another, nothing beside them. */
  readonly queryP50Ms: number;
  readonly queryP95Ms: number;
}

const PASSAGE_TOKENS = 160;
const QUESTIONS = 100;
const QUESTION_WORDS = 12;
const MEGABYTE = 1e6;

/** Measures a model in this process, which should do nothing else. */
export async function measureHere(
  model: EmbeddingModel,
  threads: number,
  seconds: number,
): Promise<ModelFigures> {
  const before = process.memoryUsage.rss();
  const started = performance.now();
  const one = new EmbeddingPool(model, 1);
  await one.embed(['ready'], 'query', 'interactive');
  const loadMs = performance.now() - started;
  const sessionMb = (process.memoryUsage.rss() - before) / MEGABYTE;
  const queries = await timeQueries(one);
  await one.close();
  const all = new EmbeddingPool(model, threads);
  try {
    const speed = await timePassages(all, threads, seconds * 1000);
    const processMb = process.memoryUsage.rss() / MEGABYTE;
    return rounded({ id: model.id, loadMs, sessionMb, processMb, threads, ...speed, ...queries });
  } finally {
    await all.close();
  }
}

async function timeQueries(pool: EmbeddingPool): Promise<Pick<ModelFigures, 'queryP50Ms' | 'queryP95Ms'>> {
  const times: number[] = [];
  for (let index = 0; index < QUESTIONS; index += 1) {
    const text = textAt(index).split(' ').slice(0, QUESTION_WORDS).join(' ');
    const started = performance.now();
    await pool.embed([`${text} ${index}`], 'query', 'interactive');
    times.push(performance.now() - started);
  }
  times.sort((one, other) => one - other);
  const at = (share: number): number => times[Math.ceil(share * times.length) - 1] ?? 0;
  return { queryP50Ms: at(0.5), queryP95Ms: at(0.95) };
}

async function timePassages(
  pool: EmbeddingPool,
  threads: number,
  milliseconds: number,
): Promise<Pick<ModelFigures, 'tokensPerSecond' | 'passagesPerSecond'>> {
  await Promise.all(
    Array.from({ length: threads }, (_, at) => pool.embed([`ready ${at}`], 'passage', 'ingest')),
  );
  const passages = passagesOf(pool);
  let tokens = 0;
  let count = 0;
  const started = performance.now();
  while (performance.now() - started < milliseconds) {
    // Equal texts that are asked for at once are embedded once.
    const texts = Array.from({ length: 4 * threads }, (_, at) => {
      const passage = passages[(count + at) % passages.length] ?? '';
      return `${count + at} ${passage}`;
    });
    await pool.embed(texts, 'passage', 'ingest');
    tokens += texts.reduce((sum, text) => sum + pool.countTokens(text), 0);
    count += texts.length;
  }
  const seconds = (performance.now() - started) / 1000;
  return { tokensPerSecond: tokens / seconds, passagesPerSecond: count / seconds };
}

const TEXTS = [...CALIBRATION_TEXTS, ...CHECK_TEXTS];
const textAt = (index: number): string =>
  (TEXTS[index % TEXTS.length] ?? '').replace(/^(query|passage): /, '');

function passagesOf(pool: EmbeddingPool): string[] {
  return TEXTS.map((_, first) => {
    let passage = textAt(first);
    for (let next = first + 1; pool.countTokens(passage) < PASSAGE_TOKENS; next += 1)
      passage += ` ${textAt(next)}`;
    return passage.split(' ').slice(0, PASSAGE_TOKENS).join(' ');
  });
}

function rounded(figures: ModelFigures): ModelFigures {
  const entries = Object.entries(figures).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'number' ? Math.round(value * 10) / 10 : value,
  ]);
  return Object.fromEntries(entries) as ModelFigures;
}
