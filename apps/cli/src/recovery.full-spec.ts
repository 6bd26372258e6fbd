import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, embeddedConnection, sql } from '@belay/database';
import { type Product, startProduct } from '@belay/testing/product';

// Law 5 on the running product: each process dies while documents are read and questions answered.
const DOCUMENTS = 14;
const LIMIT_MS = 90_000;

interface Citation {
  documentId: string;
  start: number;
  end: number;
  quote: string;
  sha256: string;
}
interface Answer {
  answerId: string;
  outcome: string;
  sentences: { text: string; citations: Citation[] }[];
}

describe('after kill -9', () => {
  let product: Product;
  let cookie: string;

  beforeAll(async () => {
    product = await startProduct();
    const signedIn = await fetch(`${product.address}/v1/session/demo`, {
      method: 'POST',
      headers: { 'x-belay-request': '1', 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'admin' }),
    });
    cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  }, 120_000);

  afterAll(() => product?.stop(), 60_000);

  /** A request whose connection may break; what the product accepted is what it answered with 2xx. */
  async function call<T>(method: string, path: string, body?: unknown): Promise<T | undefined> {
    const form = body instanceof FormData;
    try {
      const response = await fetch(`${product.address}/v1/${path}`, {
        method,
        headers: {
          cookie,
          'x-belay-request': '1',
          ...(form || body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
        signal: AbortSignal.timeout(LIMIT_MS),
      });
      const text = await response.text();
      if (!response.ok) {
        // A failure while a process is away still is a problem document, never a stack or an empty page.
        expect({ path, type: response.headers.get('content-type') }).toEqual({
          path,
          type: expect.stringContaining('application/problem+json') as unknown,
        });
        return undefined;
      }
      return JSON.parse(text) as T;
    } catch (error) {
      // By name: a test runs in a realm of its own, whose TypeError is not that of fetch.
      if (['TypeError', 'SyntaxError'].includes((error as Error).name)) return undefined;
      throw error;
    }
  }

  async function until<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T> {
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(200)) {
      const found = await probe();
      if (found) return found;
    }
    throw new Error(`${what} did not happen`);
  }

  const document = (drill: string, index: number): string => {
    const filler = Array.from(
      { length: 60 },
      (_, line) =>
        `Line ${line} of report ${index} says that pump ${line * 7 + index} ran for ${line + 3} hours.`,
    ).join(' ');
    return `# Report ${drill} ${index}\n\nThe ${drill} valve number ${index} was replaced in June.\n\n${filler}`;
  };

  async function upload(drill: string, index: number): Promise<string | undefined> {
    const form = new FormData();
    form.set('collection', `drill-${drill}`);
    form.set('path', `report-${index}.md`);
    form.set('file', new Blob([document(drill, index)]), 'report.md');
    return (await call<{ id: string }>('POST', 'documents', form))?.id;
  }

  const ask = (drill: string, index: number): Promise<Answer | undefined> =>
    call<Answer>('POST', 'answers', { question: `When was the ${drill} valve number ${index} replaced?` });

  /** Uploads and asks at once, breaks something in the middle, and goes on until all is sent. */
  async function under(drill: string, breakIt: () => void) {
    await until('a collection', () => call('POST', 'collections', { name: `drill-${drill}`, title: drill }));
    const documents = new Map<number, string>();
    const answers: Answer[] = [];
    let sent = 0;
    const uploads = async (): Promise<void> => {
      while (sent < DOCUMENTS) {
        const index = sent;
        sent += 1;
        if (index === 5) breakIt();
        const id = await upload(drill, index);
        if (id) documents.set(index, id);
      }
    };
    const questions = async (): Promise<void> => {
      for (let index = 0; index < 8; index += 1) {
        const answer = await ask(drill, index % 5);
        if (answer) answers.push(answer);
        else await sleep(200);
      }
    };
    await Promise.all([uploads(), uploads(), questions(), questions()]);
    return { documents, answers };
  }

  async function settled(drill: string): Promise<void> {
    await until('all documents to settle', async () => {
      const progress = await call<{ waiting: number }>('GET', `ingestion/progress?collection=drill-${drill}`);
      return progress?.waiting === 0;
    });
  }

  async function expectWhole(
    drill: string,
    { documents, answers }: Awaited<ReturnType<typeof under>>,
  ): Promise<void> {
    expect(documents.size).toBeGreaterThan(3);
    for (const id of documents.values()) {
      expect(await call('GET', `documents/${id}`)).toMatchObject({ stage: 'ready', error: null });
    }
    for (const answer of answers) {
      const again = await call<Answer>('GET', `answers/${answer.answerId}`);
      expect(again).toMatchObject({ outcome: answer.outcome, sentences: answer.sentences });
      for (const citation of answer.sentences.flatMap((sentence) => sentence.citations)) {
        const digest = createHash('sha256').update(citation.quote, 'utf8').digest('hex');
        expect(digest).toBe(citation.sha256);
      }
    }
    const [first] = documents.keys();
    const found = await ask(drill, first ?? 0);
    expect(found?.sentences[0]?.text).toContain(`The ${drill} valve number ${first} was replaced in June.`);
  }

  /** Nothing twice: one version, one set of chunks with one vector each, one leaf of acceptance. */
  async function expectOnce(ids: readonly string[]): Promise<void> {
    const database = new Database({ ...embeddedConnection(join(product.home, 'sockets')), max: 1 });
    try {
      const rows = await database.transaction({ role: 'owner', tenant: 1 }, async (tx) => {
        const { name } = await tx.one<{ name: string }>(
          sql`select 'embedding_' || generation_id as name from embedding_generation where state = 'active'`,
        );
        return tx.many(sql`
          select count(*) filter (where v.versions <> 1) as versions,
            count(*) filter (where c.chunks <> c.ordinals or c.chunks = 0) as chunks,
            count(*) filter (where c.chunks <> e.vectors) as vectors,
            count(*) filter (where l.leaves <> 1) as leaves
          from unnest(${ids}::uuid[]) as d (id)
          cross join lateral (select count(*) as versions from document_version where document_id = d.id) v
          cross join lateral (select count(*) as chunks, count(distinct ordinal) as ordinals
            from chunk where document_id = d.id) c
          cross join lateral (select count(*) as vectors from ${sql.identifier(name)} where document_id = d.id) e
          cross join lateral (select count(*) as leaves from audit_leaf
            where header::jsonb ->> 'resource' = d.id::text and header::jsonb ->> 'type' = 'document.accept') l`);
      });
      expect(rows).toEqual([{ versions: 0, chunks: 0, vectors: 0, leaves: 0 }]);
    } finally {
      await database.close();
    }
  }

  function expectLedger(): void {
    const { status, stdout, stderr } = product.cli('audit', 'verify', '--as', 'admin', '--json');
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, problem: null });
  }

  const kill = (service: string) => (): void => {
    process.kill(product.pids()[service] ?? 0, 'SIGKILL');
  };
  const emptyRedis = (): void => {
    const socket = join(product.home, 'sockets/redis.sock');
    expect(spawnSync('redis-cli', ['-s', socket, 'flushall']).status).toBe(0);
  };

  it.each([
    ['worker', kill('worker')],
    ['api', kill('api')],
    ['redis', kill('redis')],
    ['postgres', kill('postgres')],
    ['emptied', emptyRedis],
  ] as const)(
    'law-5: of %s, everything accepted is finished once, without a hand',
    async (drill, breakIt) => {
      const sent = await under(drill, breakIt);
      await settled(drill);
      await expectWhole(drill, sent);
      await expectOnce([...sent.documents.values()]);
      expectLedger();
    },
    240_000,
  );
});
