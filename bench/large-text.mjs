/**
 * How long questions take while one large text is read, cut, embedded and indexed. One person asks about the demo
 * company all the time, one question after another; beforehand the same questions are asked with nothing else under
 * way, the named alternative. The text is of words that hardly repeat, which is the most work for an index. Then it is
 * replaced by another one of the same size, which also has the former's passages removed. Target: no question refused.
 *
 *   npm run bench -- large-text [--database embedded|native] [--characters 4900000]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { uploadAll } from './harness/fill.mjs';
import { countChunks, signIn, startProduct } from './harness/product.mjs';
import { latencies, rounded } from './harness/statistics.mjs';

const QUESTIONS = [
  'Which password manager is approved?',
  'How many vacation days do employees get per calendar year?',
  'How many unused vacation days may be carried over to the next year?',
  'When are all offices closed?',
  'When is the wave-tank lab open?',
  'What is the daily meal allowance on travel days?',
];
const QUIET = 20;
const PAUSE_MS = 50;
const WAIT_MS = 1_800_000;
const FLAGS = {
  database: { type: 'string', default: 'embedded' },
  characters: { type: 'string', default: '4900000' },
};

export async function measure(options, say) {
  const { database, characters } = parseArgs({ args: options, options: FLAGS }).values;
  const product = await startProduct(say, { database });
  try {
    const person = await signIn(product.address, 'admin');
    await person.post('collections', { name: 'bench', title: 'One large text' });
    const quiet = [];
    for (let turn = 0; turn < QUIET; turn += 1) quiet.push(await ask(person, turn));
    const before = await countChunks(product);
    const rounds = { quiet: { asked: quiet } };
    for (const round of ['first', 'replaced']) {
      rounds[round] = await during(person, largeText(Number(characters), round));
      say(`${round}: ${JSON.stringify(figuresOf(round, rounds[round]))}`);
    }
    const figures = {
      database,
      characters: Number(characters),
      passages: (await countChunks(product)) - before,
    };
    for (const [name, round] of Object.entries(rounds)) Object.assign(figures, figuresOf(name, round));
    const ok = Object.values(rounds).every(({ asked, isReady = true }) => refused(asked) === 0 && isReady);
    return { ok, figures, raw: rounds, variant: database };
  } finally {
    await product.stop();
  }
}

/** Uploads a text and asks until it is ready or has failed. */
async function during(person, text) {
  const started = performance.now();
  const asked = [];
  await uploadAll(person, 'bench', [{ path: 'large.txt', bytes: Buffer.from(text) }]);
  for (let turn = 0; ; turn += 1) {
    asked.push({ at_s: rounded((performance.now() - started) / 1000), ...(await ask(person, turn)) });
    const { waiting, failed } = await person.get('ingestion/progress?collection=bench');
    if (waiting === 0) return { ready_s: asked.at(-1).at_s, isReady: failed === 0, asked };
    if (performance.now() - started > WAIT_MS) return { ready_s: null, isReady: false, asked };
    await sleep(PAUSE_MS);
  }
}

async function ask(person, turn) {
  const question = QUESTIONS[turn % QUESTIONS.length];
  const started = performance.now();
  const status = await person.post('answers', { question, sentences: 1 }).then(
    async (response) => {
      await response.json();
      return response.status;
    },
    () => 0,
  );
  return { ms: rounded(performance.now() - started), status };
}

const refused = (asked) => asked.filter(({ status }) => status !== 200).length;

function figuresOf(name, { asked, ready_s }) {
  const times = asked.map(({ ms }) => ms);
  return {
    ...(ready_s === undefined ? {} : { [`${name}_ready_s`]: ready_s }),
    ...latencies(name, times),
    [`${name}_longest_ms`]: Math.max(...times),
    [`${name}_refused`]: refused(asked),
  };
}

/** Sentences of made-up words, the same for the same seed. */
function largeText(characters, seed) {
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  const next = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const syllables = ['ka', 'lo', 'mi', 'ter', 'van', 'su', 'ren', 'do', 'pel', 'gri', 'no', 'sta'];
  const word = () => Array.from({ length: 3 + next(2) }, () => syllables[next(syllables.length)]).join('');
  const sentence = () => `The ${Array.from({ length: 8 + next(8) }, word).join(' ')}.`;
  let text = '';
  while (text.length < characters) text += `${Array.from({ length: 6 }, sentence).join(' ')}\n\n`;
  return text.slice(0, characters);
}
