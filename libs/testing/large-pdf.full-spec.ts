import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Answer, Document, DocumentContent, SearchResponse } from '@belay/contracts';
import { Database, embeddedConnection, sql } from '@belay/database';
import { type Product, startProduct } from '@belay/testing/product';
import { below, watchMemory } from './memory-watch.js';
import { writePdf } from './write-pdf.js';

// A manual of 1,600 pages: searchable while it grows, with its worker killed twice in the middle.
const PAGES = 1600;
const MOST_MB = 1024;
const SYLLABLES = ['zor', 'vik', 'tam', 'pel', 'quo', 'nax', 'lim', 'dru', 'fes', 'gyb', 'hul', 'jom'];
const canaries = Array.from({ length: PAGES }, (_, index) => {
  const syllable = (power: number): string => SYLLABLES[Math.floor(index / 12 ** power) % 12] ?? '';
  return `x${syllable(0)}${syllable(1)}${syllable(2)}wyk`;
});
const gallons = (index: number): number => 1000 + ((index * 7919) % 8999);

function pageOf(canary: string, index: number): (string | string[])[] {
  const lines = [
    `The ${canary} pump pumps ${gallons(index)} gallons of water each day.`,
    '',
    `Section ${index + 1} was written for those who keep the pump in order. Its valves are looked`,
    `at every ${(index % 11) + 2} weeks, and its filter is renewed after ${(index % 90) + 10} hours of work. Whoever`,
    `finds a leak closes the inlet first, then calls the workshop on line ${index + 100}.`,
  ];
  if (index % 10 !== 9) return lines;
  const rows = [1, 2, 3, 4].map((n) => [`Part ${index}-${n}`, `${(index * n) % 97} pieces`, `shelf ${n}`]);
  return [...lines, '', ['Article', 'Number', 'Place'], ...rows];
}

let product: Product;
let headers: Record<string, string>;

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const form = body instanceof FormData;
  const response = await fetch(`${product.address}/v1/${path}`, {
    method,
    headers: { ...headers, ...(form || body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

const find = async (canary: string): Promise<SearchResponse['results']> => {
  const request = { query: canary, route: 'lexical', limit: 10 };
  return (await call<SearchResponse>('POST', 'search', request)).results;
};
const worker = (): number | undefined => {
  try {
    return product.pids()['worker'];
  } catch {
    return undefined;
  }
};

beforeAll(async () => {
  product = await startProduct();
  const signIn = await fetch(`${product.address}/v1/session/demo`, {
    method: 'POST',
    headers: { 'x-belay-request': '1', 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'admin' }),
  });
  const cookie = signIn.headers.getSetCookie().map((entry) => entry.split(';')[0]);
  headers = { 'x-belay-request': '1', cookie: cookie.join('; ') };
}, 240_000);
afterAll(() => product?.stop(), 60_000);

/** Waits until the canary of a page is found, and tells at which stage the document was then. */
async function reach(index: number, id: string): Promise<string> {
  for (;;) {
    const { stage } = await call<Document>('GET', `documents/${id}`);
    if (stage === 'failed' || (await find(canaries[index] ?? '')).length > 0) return stage;
    await sleep(500);
  }
}

/** Kills the worker as a power cut would, and waits for the next one; nothing that it started may go on. */
async function killWorker(): Promise<void> {
  const killed = worker() as number;
  const started = below(killed).filter((pid) => pid !== killed);
  process.kill(killed, 'SIGKILL');
  while (worker() === killed) await sleep(100);
  for (let turn = 0; turn < 100 && started.some(exists); turn += 1) await sleep(100);
  expect(started.filter(exists)).toEqual([]);
}
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Passages that share their place with another one, and vectors without exactly one passage. */
async function countTwice(id: string): Promise<number> {
  const database = new Database({ ...embeddedConnection(`${product.home}/sockets`), max: 1 });
  try {
    return await database.transaction({ role: 'owner', tenant: 1 }, async (tx) => {
      const { name } = await tx.one<{ name: string }>(
        sql`select 'embedding_' || generation_id as name from embedding_generation where state = 'active'`,
      );
      const { n } = await tx.one<{ n: number }>(sql`
        select (c.n - c.ordinals) + abs(c.n - e.n) as n
        from (select count(*)::int as n, count(distinct ordinal)::int as ordinals
          from chunk where document_id = ${id}) c,
        (select count(*)::int as n from ${sql.identifier(name)} where document_id = ${id}) e`);
      return n;
    });
  } finally {
    await database.close();
  }
}

it('law-5: a PDF of 1,600 pages is found as it grows, survives two kills, and lies on the right pages', async () => {
  await call('POST', 'collections', { name: 'manuals', title: 'Manuals' });
  const form = new FormData();
  form.set('collection', 'manuals');
  form.set('path', 'pumps.pdf');
  const pdf = writePdf(canaries.map(pageOf));
  form.set('file', new Blob([new Uint8Array(pdf)]), 'pumps.pdf');
  const memory = watchMemory(worker);
  const began = Date.now();
  const { id } = await call<{ id: string }>('POST', 'documents', form);
  const seen: string[] = [];
  const times: Record<string, number> = {};
  for (const index of [0, 400, 900]) {
    seen.push(await reach(index, id));
    times[`page ${index + 1}`] = Math.round((Date.now() - began) / 1000);
    if (index > 0) await killWorker();
  }
  expect(seen).not.toContain('ready');
  for (let stage = ''; stage !== 'ready'; await sleep(500)) {
    const document = await call<Document>('GET', `documents/${id}`);
    ({ stage } = document);
    if (stage === 'failed') throw new Error(document.error?.detail);
  }
  times['ready'] = Math.round((Date.now() - began) / 1000);
  memory.stop();

  const content = await call<DocumentContent>('GET', `documents/${id}/content`);
  expect(content.pages).toHaveLength(PAGES);
  const pageAt = (offset: number): number => content.pages?.filter((start) => start <= offset).length ?? 0;
  const wrong: object[] = [];
  for (const [index, canary] of canaries.entries()) {
    const holding = (await find(canary)).filter(({ text }) => text.includes(canary));
    const [result] = holding;
    const at = content.text.indexOf(canary);
    const isRight =
      holding.length === 1 &&
      result !== undefined &&
      pageAt(at) === index + 1 &&
      content.text.indexOf(canary, at + 1) < 0 &&
      content.text.slice(result.start, result.end) === result.text &&
      result.page === pageAt(result.start);
    if (!isRight)
      wrong.push({ canary, index, found: holding.length, page: pageAt(at), result: result?.page });
  }
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(await countTwice(id)).toBe(0);

  for (const index of [0, 401, 799, 901, 1599]) {
    const question = `How many gallons of water does the ${canaries[index]} pump pump each day?`;
    const answer = await call<Answer>('POST', 'answers', { question });
    const citation = answer.sentences[0]?.citations[0];
    expect({ index, outcome: answer.outcome, page: citation?.page }).toEqual({
      index,
      outcome: 'answered',
      page: index + 1,
    });
    expect(citation?.quote).toContain(String(gallons(index)));
    expect(content.text.slice(citation?.start, citation?.end)).toBe(citation?.quote);
    expect(
      createHash('sha256')
        .update(citation?.quote ?? '')
        .digest('hex'),
    ).toBe(citation?.sha256);
  }
  process.stderr.write(
    `${JSON.stringify({ pages: PAGES, bytes: pdf.length, seen, times, mb: memory.peaks })}\n`,
  );
  expect(memory.peaks.service).toBeGreaterThan(0);
  expect(memory.peaks.parser).toBeGreaterThan(0);
  expect(Math.max(memory.peaks.service, memory.peaks.parser)).toBeLessThan(MOST_MB);
}, 2_400_000);
