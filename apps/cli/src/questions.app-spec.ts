import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Accepted, Answer, Document } from '@belay/contracts';
import { migrate } from '@belay/database';
import { databasesInTurn, type Stack, startStack } from '@belay/testing/stack';
import { z } from 'zod';
import { loadDemo } from './demo.js';
import { ApiClient } from './http/api-client.js';

// What six people are told, through the product: the demo company is uploaded, read, indexed and asked over HTTP.
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const LEAST_RIGHT = 0.9;

const Expected = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('abstained') }),
  z.object({ outcome: z.literal('answered'), quote: z.string() }),
]);
type Expected = z.infer<typeof Expected>;
const Row = z.object({ question: z.string(), people: z.record(z.string(), Expected) });
type Judgement = 'right' | 'answered what is forbidden' | 'refused' | 'quoted something else';

const rows = readFileSync(`${ROOT}samples/questions.jsonl`, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => Row.parse(JSON.parse(line)));
const people = Object.keys(rows[0]?.people ?? {});

const plain = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** A right answer holds the expected quote in one of its sentences, each of which is its citation's quote. */
function judge(expected: Expected, answer: Answer): Judgement {
  if (expected.outcome === 'abstained') {
    return answer.outcome === 'abstained' ? 'right' : 'answered what is forbidden';
  }
  if (answer.outcome === 'abstained') return 'refused';
  const quote = plain(expected.quote);
  const isRight = answer.sentences.some(
    ({ text, citations }) => plain(text).includes(quote) && citations[0]?.quote === text,
  );
  return isRight ? 'right' : 'quoted something else';
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

describe.each(databasesInTurn())('the questions of the demo company on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let address: string;
  const cells: { question: string; person: string; judgement: Judgement; answer: Answer }[] = [];

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    const port = await freePort();
    const own = { ...stack.environment, BELAY_DEMO: '1', BELAY_LOG: 'info', BELAY_PORT: String(port) };
    const environment = { ...process.env, ...own, BELAY_SAMPLES: `${ROOT}samples` };
    await stack.start(process.execPath, [`${ROOT}apps/worker/dist/main.js`], 'worker.ready', environment);
    await stack.start(process.execPath, [`${ROOT}apps/api/dist/main.js`], 'api.ready', environment);
    address = `http://127.0.0.1:${port}`;
    await loadDemo(address, `${ROOT}samples/company`, () => undefined);
    const ask = async (person: string): Promise<void> => {
      const api = new ApiClient(address, { demoPerson: person });
      for (const { question, people: expected } of rows) {
        const answer = await api.call('answers', Answer, { method: 'POST', body: { question } });
        const judgement = judge(expected[person] as Expected, answer);
        cells.push({ question, person, judgement, answer });
      }
    };
    await Promise.all(people.map(ask));
    const wrong = cells.filter(({ judgement }) => judgement !== 'right');
    const lines = wrong.map(({ question, person, judgement, answer }) => {
      const quotes = answer.sentences.map(({ text }) => text).join(' | ');
      return `${judgement}: ${person} asked "${question}" → ${quotes || 'nothing'}`;
    });
    const summary = `${cells.length - wrong.length} of ${cells.length} cells are right`;
    process.stderr.write(`${[summary, ...lines].join('\n')}\n`);
  }, 400_000);

  afterAll(() => stack?.stop(), 60_000);

  it('covers at least 60 questions for each of six people', () => {
    expect(people).toHaveLength(6);
    expect(new Set(rows.map(({ question }) => question)).size).toBeGreaterThanOrEqual(60);
    expect(cells).toHaveLength(rows.length * people.length);
  });

  it('abstains in every cell whose answer the person may not read', () => {
    const answered = cells.filter(({ judgement }) => judgement === 'answered what is forbidden');
    expect(answered.map(({ person, question }) => `${person}: ${question}`)).toEqual([]);
  });

  it('is right in nine cells of ten', () => {
    const right = cells.filter(({ judgement }) => judgement === 'right').length;
    expect(right / cells.length).toBeGreaterThanOrEqual(LEAST_RIGHT);
  });

  it('names a document by its own heading where nobody named it, on every surface and after a repeat', async () => {
    const api = new ApiClient(address, { demoPerson: 'admin' });
    await api.run('collections', { method: 'POST', body: { name: 'titles', title: 'Titles' } });
    const upload = (title?: string) => {
      const form = new FormData();
      form.set('collection', 'titles');
      form.set('path', 'policy_v3.md');
      if (title !== undefined) form.set('title', title);
      form.set('file', new Blob(['# Rules for kites\n\nKites are flown on the quay only.']), 'policy_v3.md');
      return api.call('documents', Accepted, { method: 'POST', form });
    };
    const { id } = await upload();
    const find = () => api.call(`documents/${id}`, Document);
    while ((await find()).stage !== 'ready') await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await upload()).unchanged).toBe(true);
    expect((await find()).title).toBe('Rules for kites');
    const body = { question: 'Where are kites flown?' };
    const answer = await api.call('answers', Answer, { method: 'POST', body });
    expect(answer.sentences[0]?.citations[0]?.title).toBe('Rules for kites');
    await upload('Kites');
    expect((await find()).title).toBe('Kites');
  }, 60_000);

  it('tells an employee how many vacation days employees get', () => {
    const told = cells.find(
      ({ person, question }) => person === 'employee' && /vacation days do employees/.test(question),
    );
    expect(told).toMatchObject({ judgement: 'right' });
  });
});
