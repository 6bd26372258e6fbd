/**
 * How long a question takes over HTTP with 1, 8 and 32 clients at once, on the demo company: distinct pairs of
 * a question and a person. In the same run, the hybrid search beneath it against a search by words alone
 * (--route lexical). Abstentions are reported apart: they leave in steps of 250 ms by design. Targets: no error, and
 * p95 of an answered question below 100 ms with one client.
 *
 *   npm run bench -- ask [--questions 240]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { signIn, startProduct } from './harness/product.mjs';
import { latencies, percentile, rounded } from './harness/statistics.mjs';

const CLIENTS = [1, 8, 32];
const STAGED_QUESTIONS = 60;
const WARM_UP = 12;
const TARGET_MS = 100;
const SAMPLES = new URL('../samples/questions.jsonl', import.meta.url);

export async function measure(options, say) {
  const flags = { questions: { type: 'string', default: '240' } };
  const wanted = Number(parseArgs({ args: options, options: flags }).values.questions);
  if (!(wanted > 0)) throw new Error('--questions needs a number above 0');
  const product = await startProduct(say);
  try {
    const pairs = await questionsOfPeople(product.address, wanted);
    for (const pair of pairs.slice(0, WARM_UP)) await ask(pair);
    const rounds = [];
    for (const clients of CLIENTS) rounds.push(await round(pairs, clients, say));
    say('Timing the stages of an answer …');
    const stages = [];
    for (const pair of pairs.slice(0, STAGED_QUESTIONS)) stages.push(await timeStages(pair));
    return report(pairs, rounds, stages);
  } finally {
    await product.stop();
  }
}

async function questionsOfPeople(address, wanted) {
  const lines = readFileSync(SAMPLES, 'utf8').trim().split('\n');
  const questions = lines.map((line) => JSON.parse(line));
  const people = new Map();
  for (const name of Object.keys(questions[0].people)) people.set(name, await signIn(address, name));
  // One question after another, so that neighbours differ in wording as well as in rights.
  const pairs = [...people.values()].flatMap((person, turn) =>
    questions.map((row, index) => ({ person, question: row.question, order: index * people.size + turn })),
  );
  return pairs.sort((a, b) => a.order - b.order).slice(0, wanted);
}

async function round(pairs, clients, say) {
  say(`Asking ${pairs.length} questions with ${clients} at a time …`);
  const asked = await inParallel(pairs, clients, ask);
  const hybrid = await inParallel(pairs, clients, (pair) => search(pair, 'hybrid'));
  const lexical = await inParallel(pairs, clients, (pair) => search(pair, 'lexical'));
  return { clients, asked, hybrid, lexical };
}

async function inParallel(items, clients, work) {
  const started = performance.now();
  const results = [];
  let next = 0;
  const client = async () => {
    while (next < items.length) results.push(await work(items[next++]));
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { results, seconds: (performance.now() - started) / 1000 };
}

const ask = ({ person, question }) => timed(person, 'answers', { question, sentences: 2 });
const search = ({ person, question }, route) => timed(person, 'search', { query: question, route });

async function timed(person, path, body) {
  const started = performance.now();
  try {
    const response = await person.post(path, body);
    const answer = await response.json();
    return { ms: since(started), status: response.status, outcome: answer.outcome };
  } catch (error) {
    return { ms: since(started), status: 0, outcome: error.message };
  }
}

const since = (started) => rounded(performance.now() - started);

// The stream says when each stage begins; the answer ends the last one.
async function timeStages({ person, question }) {
  const started = performance.now();
  const response = await person.post('answers', { question, sentences: 2 }, 'text/event-stream');
  const marks = [];
  let pending = '';
  for await (const bytes of response.body) {
    pending += Buffer.from(bytes).toString('utf8');
    const events = pending.split('\n\n');
    pending = events.pop();
    for (const event of events) marks.push(mark(event, since(started)));
  }
  return { outcome: marks.at(-1)?.outcome, marks };
}

function mark(event, ms) {
  const name = /^event: (.*)$/m.exec(event)?.[1];
  const data = JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? '{}');
  return { stage: name === 'stage' ? data.stage : name, ms, outcome: data.outcome };
}

function report(pairs, rounds, stages) {
  const figures = { questions: pairs.length, errors: 0 };
  for (const { clients, asked, hybrid, lexical } of rounds) {
    const all = [asked, hybrid, lexical].flatMap(({ results }) => results);
    figures.errors += all.filter(({ status }) => status !== 200).length;
    for (const outcome of ['answered', 'abstained']) {
      const chosen = asked.results.filter((result) => result.outcome === outcome);
      Object.assign(figures, latencies(`${outcome}_${clients}`, times(chosen)));
    }
    Object.assign(figures, latencies(`search_hybrid_${clients}`, times(hybrid.results)));
    Object.assign(figures, latencies(`search_lexical_${clients}`, times(lexical.results)));
    figures[`asks_a_second_${clients}`] = rounded(asked.results.length / asked.seconds);
  }
  Object.assign(figures, stageFigures(stages));
  const ok =
    figures.errors === 0 && figures.answered_1_p95_ms !== null && figures.answered_1_p95_ms < TARGET_MS;
  return { ok, figures, raw: { rounds, stages } };
}

const times = (results) => results.map(({ ms }) => ms);

function stageFigures(stages) {
  const answered = stages.filter(({ outcome }) => outcome === 'answered');
  const lasted = (stage) =>
    answered.map(({ marks }) => {
      const index = marks.findIndex((entry) => entry.stage === stage);
      return marks[index + 1].ms - marks[index].ms;
    });
  const rows = ['searching', 'reading', 'verifying'].map((stage) => [
    `stage_${stage}_p50_ms`,
    rounded(percentile(lasted(stage), 0.5)),
  ]);
  return Object.fromEntries(rows);
}
