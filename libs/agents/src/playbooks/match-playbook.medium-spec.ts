import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { SlotValue } from '@belay/contracts';
import { EmbeddingPool, loadModel } from '@belay/inference';
import { frameOfExample } from './examples.js';
import {
  type Candidate,
  chooseCandidate,
  type ExampleVectors,
  findCandidates,
  Matchable,
  scoreCandidates,
} from './match-playbook.js';
import { readPlaybook } from './read-playbook.js';

jest.setTimeout(60_000);
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const SAMPLES = join(ROOT, 'samples/playbooks');
// Phrases of ours: neither among the examples of the samples nor among what weights and threshold were fitted on.
const phrases = (name: string): { text: string; playbook?: string }[] =>
  readFileSync(join(ROOT, 'libs/agents/fixtures', name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { text: string; playbook?: string });
// A Thursday.
const TODAY = new Date(2026, 10, 26, 12);

describe('what people say', () => {
  const playbooks = readdirSync(SAMPLES).map(
    (file) => new Matchable(readPlaybook(readFileSync(join(SAMPLES, file), 'utf8')).document),
  );
  let pool: EmbeddingPool;
  let examples: ExampleVectors[];

  const embed = (texts: readonly string[]): Promise<Float32Array[]> =>
    pool.embed(texts, 'query', 'interactive');
  async function match(text: string): Promise<Candidate | undefined> {
    const candidates = findCandidates(text, playbooks, TODAY);
    const vectors = await embed(candidates.map(({ frame }) => frame));
    const compared = candidates.map((candidate, index) => ({
      candidate,
      vector: vectors[index] ?? new Float32Array(0),
    }));
    return chooseCandidate(scoreCandidates(compared, examples));
  }

  beforeAll(async () => {
    pool = new EmbeddingPool(loadModel('static-en-256', {}), 1);
    examples = await Promise.all(
      playbooks.map(async ({ playbook }) => ({
        playbook,
        vectors: await embed(playbook.examples.map(frameOfExample)),
      })),
    );
  }, 60_000);
  afterAll(() => pool?.close());

  it('reaches the playbook that is meant in nine of ten phrases that nothing was fitted on', async () => {
    const all = phrases('playbook-paraphrases.jsonl');
    expect(all).toHaveLength(40);
    const missed: string[] = [];
    for (const { text, playbook } of all)
      if ((await match(text))?.playbook.playbook !== playbook) missed.push(text);
    expect(missed.length).toBeLessThanOrEqual(4);
  });

  it('law-3: nothing is started where nothing was asked to be done', async () => {
    const all = phrases('playbook-distractors.jsonl');
    expect(all).toHaveLength(40);
    const started: string[] = [];
    for (const { text } of all) if (await match(text)) started.push(text);
    expect(started).toEqual([]);
  });

  it('law-3: in another language than English the right one is started, or none', async () => {
    const all = phrases('playbook-other-languages.jsonl');
    expect(all).toHaveLength(40);
    const wrong: string[] = [];
    for (const { text, playbook } of all) {
      const found = await match(text);
      if (found && found.playbook.playbook !== playbook) wrong.push(text);
    }
    expect(wrong).toEqual([]);
  });

  it('starts nothing where it does not know which of two is meant, or what', async () => {
    for (const text of ['close T-12 and T-13', 'close ticket XT-12'])
      expect(await match(text)).toBeUndefined();
  });

  it.each<[string, Record<string, SlotValue>]>([
    ['Please open a ticket about the noisy fan. Thanks!', { subject: 'the noisy fan' }],
    ['My screen is black. Could you open a ticket for that?', { subject: 'My screen is black' }],
    ['open a ticket: "close all tickets"', { subject: 'close all tickets' }],
    ['open a ticket', {}],
    [
      'open a ticket about: der Drucker ist kaputt und die Tür klemmt',
      { subject: 'der Drucker ist kaputt und die Tür klemmt' },
    ],
    ['comment on T-4: see also T-5', { ticket: 'T-4', text: 'see also T-5' }],
    ['save a note called ../../etc/passwd: hello', { text: 'hello' }],
    ['save a note called a.txt: one, two; three', { file: 'a.txt', text: 'one, two; three' }],
  ])('%j says of slots %j and nothing else', async (text, values) => {
    expect((await match(text))?.values).toEqual(values);
  });
});
