/**
 * Fits how much of a reader's scores counts beside a ranker's, on articles that the reader was not trained on, and writes
 * it into `models/rankers/MODEL.json`.
 *   node fit.mjs FOLDER MODEL [--print]        (here, after npm run build)
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SentenceReader } from '../../../libs/inference/dist/index.js';
import { rankerOf } from '../../../libs/answering/dist/rankers.js';
import { readClosely } from '../../../libs/answering/dist/reading/read-closely.js';
import { chooseSecond } from '../../../libs/answering/dist/second-sentence.js';
import { holds, readSet } from '../answering/corpus.mjs';
import { fitPairs } from '../answering/logistic.mjs';
import { rankedIn } from './ranked.mjs';

// As train.py holds articles out.
const HELD_OUT = 3;
const SENTENCES = 4;
// Corpora of several sizes, as shares of the documents.
const SHARES = [1, 0.4, 0.2];
const REACHES = [0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4];
// What reading fewer sentences may cost, as a share of the questions.
const LOST_TO_REACH = 0.001;
// As fit.mjs of the rankers has it.
const LOST_TO_BREVITY = 0.002;

const [folder, model, flag] = process.argv.slice(2);
const set = await readSet(folder, model);
const ranker = rankerOf(model);
const reader = SentenceReader.bundled(2);
const known = new Map();
const remembering = {
  languages: reader.languages,
  read: (question, sentences) => {
    const key = JSON.stringify([question, sentences]);
    if (!known.has(key)) known.set(key, reader.read(question, sentences));
    return known.get(key);
  },
};

const titles = [...new Set(set.chunks.map(({ title }) => title))].sort();
const titleOf = new Map(set.chunks.map(({ document, title }) => [document, title]));
const isHeldOut = ({ document }) => titles.indexOf(titleOf.get(document)) % 4 === HELD_OUT;
const documents = [...titleOf.keys()];
const cases = SHARES.flatMap((share) => {
  const kept = new Set(documents.filter((_, index) => Math.floor(index * share) !== Math.floor((index - 1) * share)));
  const part = { fusion: set.fusion, chunks: set.chunks.filter(({ document }) => kept.has(document)) };
  const asked = set.questions.filter((question) => kept.has(question.document) && isHeldOut(question));
  return asked.map((question) => ({ question, ...rankedIn(part, question, ranker) }));
});

const order = (row, reading) =>
  readClosely({ text: row.question.text, language: row.read.language }, row.ranked, { reading }, remembering);

async function fitWeight() {
  const groups = [];
  for (const row of cases) {
    const near = row.ranked.slice(0, SENTENCES);
    const { sentences } = await remembering.read(row.question.text, near.map(({ text }) => text));
    const isRight = near.map(({ text, passage }) => passage.documentId === row.question.document && holds(text, row.question.answers));
    const isWrong = near.map(({ text }) => !holds(text, row.question.answers));
    const vectors = near.map(({ score }, index) => [score, sentences[index]]);
    const right = vectors.filter((_, index) => isRight[index]);
    const wrong = vectors.filter((_, index) => isWrong[index]);
    if (right.length > 0 && wrong.length > 0) groups.push({ right, wrong });
  }
  const [own, read] = fitPairs(groups, { steps: 200, rate: 0.05, ridge: 0 });
  return Number((read / own).toPrecision(3));
}

async function judge(reading) {
  const judged = [];
  for (const row of cases) {
    const ranked = chooseSecond(row.read, await order(row, reading), ranker.second);
    const [first, second] = ranked.slice(0, 2).map(({ text }) => holds(text, row.question.answers));
    judged.push({ first, either: first || second, gap: (ranked[1]?.score ?? -Infinity) - ranked[0].score });
  }
  const share = (test) => Number((judged.filter(test).length / judged.length).toFixed(4));
  return { judged, one: share(({ first }) => first), two: share(({ either }) => either) };
}

const weight = await fitWeight();
const unread = await judge(undefined);
const figures = new Map();
for (const reach of [...REACHES, Infinity]) figures.set(reach, await judge({ sentences: SENTENCES, reach, weight }));
const whole = figures.get(Infinity);
const isEnough = (reach) => {
  const { one, two } = figures.get(reach);
  return one >= whole.one - LOST_TO_REACH && two >= whole.two - LOST_TO_REACH;
};
const reach = REACHES.find(isEnough) ?? REACHES.at(-1);
const { judged, one, two } = figures.get(reach);
const gaps = judged.filter(({ first, either }) => either && !first).map(({ gap }) => gap).sort((a, b) => a - b);
const nextSentence = Number(gaps[Math.floor(LOST_TO_BREVITY * gaps.length)].toFixed(3));
const reading = { sentences: SENTENCES, reach, weight };
console.log({ cases: cases.length, before: { one: unread.one, two: unread.two }, reading, nextSentence, after: { one, two } });
for (const [at, row] of figures) console.log(at, row.one, row.two);
await reader.close();

if (flag !== '--print') {
  const here = dirname(new URL(import.meta.url).pathname);
  const target = join(here, '..', '..', 'rankers', `${model}.json`);
  const { lineage, ...rest } = JSON.parse(readFileSync(target, 'utf8'));
  const origin = {
    reader: reader.name,
    data: { name: basename(folder), licence: 'CC BY-SA 4.0', articles: titles.filter((_, index) => index % 4 === HELD_OUT).length, cases: cases.length },
    split: 'articles that the reader was not trained on; the weights of sentences have seen them',
    method: 'pairwise logistic over the score of the ranker and the logit of the reader',
    limits: { lostToReach: LOST_TO_REACH, lostToBrevity: LOST_TO_BREVITY },
    figures: { before: { one: unread.one, two: unread.two }, after: { one, two } },
    script: createHash('sha256').update(readFileSync(join(here, 'fit.mjs'))).digest('hex'),
  };
  const fitted = { ...rest, nextSentence, reading, lineage: { ...lineage, reading: origin } };
  writeFileSync(target, `${JSON.stringify(fitted, null, 2)}\n`);
}
