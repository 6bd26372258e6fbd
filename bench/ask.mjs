/**
 * How long a question takes over HTTP for a person who may read all of so many passages of real text, with 1, 8
 * and 32 clients at once and no question asked twice in a round. In the same run, beside it: the hybrid search
 * beneath an answer, and a search by words alone (--route lexical). Abstentions are reported apart: they leave in
 * steps of 250 ms by design. Targets: no error; p95 of an answered question with one client below 60 ms on a native
 * PostgreSQL and 100 ms on the embedded one; with 8 clients at least the throughput of one. The model is the best that
 * is installed in BELAY_HOME (`./belay models pull`), unless one is named.
 *
 *   npm run bench -- ask [--database embedded|native] [--model ID] [--passages 10000] [--questions 300]
 *                        [--dataset FOLDER]
 */
import { parseArgs } from 'node:util';
import { fillTo } from './harness/fill.mjs';
import { inParallel } from './harness/in-parallel.mjs';
import { processorTime } from './harness/processor-time.mjs';
import { bestModel, signIn, startProduct } from './harness/product.mjs';
import { realTexts } from './harness/real-texts.mjs';
import { latencies, percentile, rounded } from './harness/statistics.mjs';

const CLIENTS = [1, 8, 32];
const STAGED_QUESTIONS = 100;
const WARM_UP = 30;
const TARGET_MS = { native: 60, embedded: 100 };
const FLAGS = {
  database: { type: 'string', default: 'embedded' },
  model: { type: 'string' },
  passages: { type: 'string', default: '10000' },
  questions: { type: 'string', default: '300' },
  dataset: { type: 'string' },
};

export async function measure(options, say) {
  const {
    database,
    model = bestModel(),
    dataset,
    ...numbers
  } = parseArgs({
    args: options,
    options: FLAGS,
  }).values;
  if (!(database in TARGET_MS)) throw new Error('--database is embedded or native');
  const texts = realTexts(dataset);
  const needed = Number(numbers.questions) + WARM_UP;
  if (texts.questions.length < needed) throw new Error(`there are only ${texts.questions.length} questions`);
  const product = await startProduct(say, { database, documents: false, model });
  try {
    const person = await signIn(product.address, 'admin');
    const passages = await fillTo(product, person, texts.documents, Number(numbers.passages), say);
    const questions = texts.questions.slice(0, Number(numbers.questions));
    for (const question of texts.questions.slice(-WARM_UP)) await ask(person, question);
    const rounds = [];
    for (const clients of CLIENTS) rounds.push(await round(product, person, questions, clients, say));
    say('Timing the stages of an answer …');
    const stages = [];
    for (const question of questions.slice(0, STAGED_QUESTIONS))
      stages.push(await timeStages(person, question));
    const conditions = { database, model, passages, texts: texts.name, questions: questions.length };
    return { ...report(conditions, rounds, stages), variant: `${database}-${model}` };
  } finally {
    await product.stop();
  }
}

async function round(product, person, questions, clients, say) {
  say(`Asking ${questions.length} questions with ${clients} at a time …`);
  const before = processorTime(product.services());
  const asked = await inParallel(questions, clients, (question) => ask(person, question));
  const after = processorTime(product.services());
  const spent = Object.keys(after).map((name) => [name, (after[name] - before[name]) / questions.length]);
  const hybrid = await inParallel(questions, clients, (question) => search(person, question, 'hybrid'));
  const lexical = await inParallel(questions, clients, (question) => search(person, question, 'lexical'));
  return { clients, asked, hybrid, lexical, spent: Object.fromEntries(spent) };
}

const ask = (person, question) => timed(person, 'answers', { question, sentences: 2 });
const search = (person, query, route) => timed(person, 'search', { query, route });

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
async function timeStages(person, question) {
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

function report(conditions, rounds, stages) {
  const figures = { ...conditions, errors: 0 };
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
  Object.assign(figures, stageFigures(stages), processorFigures(rounds[0].spent));
  const ok =
    figures.errors === 0 &&
    figures.answered_1_p95_ms !== null &&
    figures.answered_1_p95_ms < TARGET_MS[conditions.database] &&
    figures.asks_a_second_8 >= figures.asks_a_second_1;
  return { ok, figures, raw: { rounds, stages } };
}

// Milliseconds of processor time of one question: what its duration comes to on a machine that does nothing else.
function processorFigures(spent) {
  const rows = Object.entries(spent).map(([name, ms]) => [`processor_${name}_ms`, rounded(ms)]);
  const sum = Object.values(spent).reduce((total, ms) => total + ms, 0);
  return { ...Object.fromEntries(rows), processor_all_ms: rounded(sum) };
}

const times = (results) => results.map(({ ms }) => ms);

function stageFigures(stages) {
  const answered = stages.filter(({ outcome }) => outcome === 'answered');
  const lasted = (stage) =>
    answered.map(({ marks }) => {
      const index = marks.findIndex((entry) => entry.stage === stage);
      return marks[index + 1].ms - marks[index].ms;
    });
  const names = { searching: 'search', reading: 'read', verifying: 'verify_and_record' };
  const rows = Object.entries(names).flatMap(([stage, name]) => [
    [`stage_${name}_p50_ms`, rounded(percentile(lasted(stage), 0.5))],
    [`stage_${name}_p95_ms`, rounded(percentile(lasted(stage), 0.95))],
  ]);
  return Object.fromEntries(rows);
}
