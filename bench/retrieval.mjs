/**
 * Quality of the three routes of the search on a dataset in BEIR layout, through the running product, beside
 * plain BM25 over whole documents. Targets: hybrid is at least as good as each leg and as plain BM25 (nDCG@10).
 *
 *   npm run bench -- retrieval --dataset FOLDER
 */
import { parseArgs } from 'node:util';
import { readRetrievalSet, scoreRun } from '../libs/evaluation/dist/index.js';
import { plainBm25 } from './harness/plain-bm25.mjs';
import { belay, startProduct } from './harness/product.mjs';

const ROUTES = ['hybrid', 'vector', 'lexical'];
const METRICS = { 'ndcg@10': 'ndcg_10', 'recall@10': 'recall_10', 'recall@100': 'recall_100' };

/** Ingests the dataset for each route anew: what is measured is the command that users have. */
export async function measure(options, say) {
  const { dataset } = parseArgs({ args: options, options: { dataset: { type: 'string' } } }).values;
  if (!dataset) throw new Error('say which dataset: --dataset FOLDER');
  const set = readRetrievalSet(dataset);
  const metrics = { plain_bm25: scoreRun(set.judgements, searchAll(set)) };
  const raw = {};
  const product = await startProduct(say);
  try {
    for (const route of ROUTES) {
      say(`Measuring ${route} …`);
      raw[route] = await belay(product, ['eval', 'retrieval', '--dataset', dataset, '--route', route], say);
      metrics[route] = raw[route].metrics;
    }
  } finally {
    await product.stop();
  }
  const best = (name) => metrics.hybrid['ndcg@10'] >= metrics[name]['ndcg@10'];
  const ok = ['vector', 'lexical', 'plain_bm25'].every(best);
  const sizes = { documents: set.corpus.length, queries: set.queries.size };
  return { ok, figures: { ...flat(metrics), ...sizes }, raw: { dataset: set.name, ...raw, metrics } };
}

function searchAll({ corpus, queries }) {
  const search = plainBm25(corpus);
  return new Map([...queries].map(([id, text]) => [id, search(text, 100)]));
}

function flat(metrics) {
  const rows = Object.entries(metrics).flatMap(([name, values]) =>
    Object.entries(METRICS).map(([metric, suffix]) => [
      `${name}_${suffix}`,
      Number(values[metric].toFixed(4)),
    ]),
  );
  return Object.fromEntries(rows);
}
