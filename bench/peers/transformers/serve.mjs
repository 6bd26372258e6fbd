/**
 * Embeds with @huggingface/transformers in a process of its own. One JSON line in, one out:
 * `{ folder, dtype, batch, texts }` gives `{ seconds, processor, vectors }`, the second being seconds of processor time;
 * vectors only where `vectors` is asked for.
 */
import { cpus } from 'node:os';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { env, pipeline } from '@huggingface/transformers';

env.allowRemoteModels = false;
const loaded = new Map();

async function extractor(folder, dtype) {
  const key = `${folder} ${dtype}`;
  if (!loaded.has(key)) {
    env.localModelPath = dirname(folder);
    const options = { dtype, device: 'cpu', session_options: { intraOpNumThreads: cpus().length } };
    loaded.set(key, await pipeline('feature-extraction', basename(folder), options));
  }
  return loaded.get(key);
}

async function embed({ folder, dtype, batch, texts, vectors }) {
  const extract = await extractor(folder, dtype);
  const rows = [];
  const used = process.cpuUsage();
  const started = performance.now();
  for (let first = 0; first < texts.length; first += batch) {
    const output = await extract(texts.slice(first, first + batch), { pooling: 'mean', normalize: true });
    if (vectors) rows.push(...output.tolist());
  }
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(used);
  return { seconds, processor: (user + system) / 1e6, ...(vectors && { vectors: rows }) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await embed(JSON.parse(line)).catch((error) => ({ error: String(error) }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
