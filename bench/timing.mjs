/**
 * Whether response times tell somebody that a document exists which they may not read. Half of the topics get a
 * document in a private collection of another person, the other half none; a person who may read neither asks and
 * searches for all of them in random order. The medians of the topics of both groups are compared by the Mann–Whitney
 * U test: `auc` is the chance that a hidden topic takes longer than an absent one (0.5: nothing to be learned), `p` its
 * two-sided probability. Halves of the absent group against each other are the named alternative: what noise alone
 * gives.
 *
 *   npm run bench -- timing [--topics 60] [--repeats 6]
 */
import { parseArgs } from 'node:util';
import { belay, signIn, startProduct } from './harness/product.mjs';
import { mannWhitney, percentile, rounded } from './harness/statistics.mjs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIGNIFICANT = 0.01;
const ONSETS = ['br', 'cl', 'dr', 'fl', 'gr', 'kr', 'pl', 'qu', 'st', 'tr', 'v', 'z'];
const RIMES = ['anda', 'elmo', 'ixor', 'onde', 'urba', 'aspel'];

export async function measure(options, say) {
  const flags = { topics: { type: 'string', default: '60' }, repeats: { type: 'string', default: '6' } };
  const { values } = parseArgs({ args: options, options: flags });
  const [wanted, repeats] = [Number(values.topics), Number(values.repeats)];
  if (!(wanted > 3 && wanted <= ONSETS.length * RIMES.length && repeats > 0)) {
    throw new Error(`--topics needs 4 to ${ONSETS.length * RIMES.length}, --repeats a number above 0`);
  }
  const product = await startProduct(say);
  try {
    const topics = shuffled(ONSETS.flatMap((onset) => RIMES.map((rime) => onset + rime)).slice(0, wanted));
    const hidden = new Set(topics.slice(0, topics.length / 2));
    await uploadPrivately(product, hidden, say);
    const person = await signIn(product.address, 'employee');
    const rounds = [];
    for (const route of ['answers', 'search']) {
      say(`Asking ${topics.length} topics ${repeats} times: ${route} …`);
      rounds.push({ route, samples: await ask(person, route, topics, hidden, repeats) });
    }
    return report(rounds, { topics: topics.length, repeats });
  } finally {
    await product.stop();
  }
}

async function uploadPrivately(product, hidden, say) {
  const folder = mkdtempSync(join(tmpdir(), 'belay-timing-'));
  try {
    for (const topic of hidden) writeFileSync(join(folder, `${topic}.md`), secretOf(topic));
    await belay(product, ['collections', 'create', 'hidden', '--as', 'admin'], say);
    await belay(product, ['ingest', folder, '--collection', 'hidden', '--as', 'admin'], say);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const secretOf = (topic) =>
  `# The ${topic} project\n\nThe ${topic} project begins in May and costs four million. ` +
  `The board decided on the ${topic} project without a vote.`;

async function ask(person, route, topics, hidden, repeats) {
  const samples = [];
  for (let turn = -1; turn < repeats; turn += 1) {
    for (const topic of shuffled(topics)) {
      const text = `What does the ${topic} project cost?`;
      const body = route === 'answers' ? { question: text } : { query: text };
      const started = performance.now();
      const response = await person.post(route, body);
      const shown = await response.text();
      const ms = performance.now() - started;
      if (shown.includes('million')) throw new Error(`${route} showed a hidden document`);
      // The first turn warms everything up.
      if (turn >= 0) samples.push({ topic, group: hidden.has(topic) ? 'hidden' : 'absent', turn, ms });
    }
  }
  return samples;
}

function report(rounds, sizes) {
  const figures = { ...sizes };
  let ok = true;
  for (const { route, samples } of rounds) {
    const of = (group) => mediansByTopic(samples.filter((row) => row.group === group));
    const absent = of('absent');
    const { auc, p } = mannWhitney(of('hidden'), absent);
    const noise = mannWhitney(
      absent.filter((_, index) => index % 2 === 0),
      absent.filter((_, index) => index % 2 === 1),
    );
    Object.assign(figures, {
      [`${route}_hidden_p50_ms`]: rounded(percentile(of('hidden'), 0.5)),
      [`${route}_absent_p50_ms`]: rounded(percentile(absent, 0.5)),
      [`${route}_auc`]: auc,
      [`${route}_p`]: p,
      [`${route}_noise_auc`]: noise.auc,
      [`${route}_noise_p`]: noise.p,
    });
    ok &&= p >= SIGNIFICANT;
  }
  return { ok, figures, raw: rounds };
}

// Times of one topic depend on each other, so that each topic counts once.
function mediansByTopic(samples) {
  const topics = new Map();
  for (const { topic, ms } of samples) topics.set(topic, [...(topics.get(topic) ?? []), ms]);
  return [...topics.values()].map((times) => percentile(times, 0.5));
}

function shuffled(items) {
  const out = [...items];
  for (let last = out.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [out[last], out[other]] = [out[other], out[last]];
  }
  return out;
}
