import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Answer, Generation, Generations } from '@belay/contracts';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Product, startProduct } from '@belay/testing/product';
import { SECOND, twoModels } from '@belay/testing/second-model';

// The running product changes its embedding model while people ask: no wrong answer and no missing one.
const FIRST = 'static-en-256';
const DOCUMENTS = 20;
const LIMIT_MS = 100_000;

describe('the embedding model of a running instance', () => {
  const folder = mkdtempSync(join(tmpdir(), 'belay-two-'));
  let product: Product;
  let cookies: Record<'admin' | 'employee', string>;

  beforeAll(async () => {
    // Every worker of this run is above its watermark, so that its model threads are replaced while it works.
    const environment = { BELAY_MODELS: twoModels(folder), BELAY_MEMORY_WATERMARK_MB: '1' };
    product = await startProduct({ environment });
    cookies = { admin: await signIn('admin'), employee: await signIn('employee') };
    await call('POST', 'collections', { name: 'pumps', title: 'Pumps' }, 'employee');
    for (let index = 0; index < DOCUMENTS; index += 1) await upload(index);
    await read();
  }, 180_000);

  afterAll(async () => {
    await product?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  async function signIn(name: string): Promise<string> {
    const response = await fetch(`${product.address}/v1/session/demo`, {
      method: 'POST',
      headers: { 'x-belay-request': '1', 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    return response.headers.get('set-cookie')?.split(';')[0] ?? '';
  }

  async function send(
    method: string,
    path: string,
    body: unknown,
    who: keyof typeof cookies,
  ): Promise<{ status: number; body: unknown }> {
    const form = body instanceof FormData;
    const response = await fetch(`${product.address}/v1/${path}`, {
      method,
      headers: {
        cookie: cookies[who],
        'x-belay-request': '1',
        ...(form || body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    return { status: response.status, body: await response.json() };
  }

  async function call<T>(
    method: string,
    path: string,
    body?: unknown,
    who: keyof typeof cookies = 'admin',
  ): Promise<T> {
    const response = await send(method, path, body, who);
    if (response.status >= 300) throw new Error(`${path}: ${JSON.stringify(response.body)}`);
    return response.body as T;
  }

  async function until<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T> {
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(150)) {
      const found = await probe();
      if (found) return found;
    }
    throw new Error(`${what} did not happen`);
  }

  const sentenceOf = (index: number): string => `The seal of pump P-${index + 100} was replaced in June.`;

  async function upload(index: number): Promise<string> {
    const filler = Array.from(
      { length: 20 },
      (_, line) => `Line ${line} says that pump P-${index + 100} ran for ${line + 3} hours on day ${line}.`,
    ).join(' ');
    const form = new FormData();
    form.set('collection', 'pumps');
    form.set('path', `pump-${index}.md`);
    form.set('file', new Blob([`# Pump P-${index + 100}\n\n${sentenceOf(index)}\n\n${filler}`]), 'pump.md');
    return (await call<{ id: string }>('POST', 'documents', form, 'employee')).id;
  }

  const read = (): Promise<unknown> =>
    until('all documents to be read', async () => {
      const path = 'ingestion/progress?collection=pumps';
      return (await call<{ waiting: number }>('GET', path, undefined, 'employee')).waiting === 0;
    });

  const ask = (index: number): Promise<Answer> =>
    call('POST', 'answers', { question: `When was the seal of pump P-${index + 100} replaced?` }, 'employee');

  /** Asks without a pause until `work` has ended; every answer is the right one, of one known model. */
  async function underQuestions<T>(work: () => Promise<T>): Promise<{ result: T; models: Set<string> }> {
    let ended = false;
    const models = new Set<string>();
    const asking = async (offset: number): Promise<void> => {
      for (let turn = offset; !ended; turn += 3) {
        const answer = await ask(turn % DOCUMENTS);
        expect(answer.sentences[0]?.text).toBe(sentenceOf(turn % DOCUMENTS));
        models.add(answer.models['embedding']?.split('@')[0] ?? '');
      }
    };
    const askers = [asking(0), asking(1)];
    try {
      return { result: await work(), models };
    } finally {
      ended = true;
      await Promise.all(askers);
    }
  }

  const generations = async (): Promise<Generation[]> =>
    (await call<Generations>('GET', 'models/generations')).generations;
  const activeModel = async (): Promise<string | undefined> =>
    (await generations()).find(({ state }) => state === 'active')?.model;

  it('changes under questions, with documents that come and go meanwhile', async () => {
    const { models } = await underQuestions(async () => {
      const gone = await upload(DOCUMENTS);
      await call('POST', 'models/generations', { model: SECOND, margin: 0.5 });
      await upload(DOCUMENTS + 1);
      await call('DELETE', `documents/${gone}`, undefined, 'employee');
      const grant = { principal: 'group:engineering', on: 'pumps', effect: 'allow' };
      await call('POST', 'grants', grant, 'employee');
      await until('the cut-over', async () => (await activeModel()) === SECOND);
      await ask(0);
    });
    expect([...models].sort()).toEqual([SECOND, FIRST]);
    await read();
    expect((await ask(DOCUMENTS + 1)).sentences[0]?.text).toBe(sentenceOf(DOCUMENTS + 1));
    await until('both to be complete', async () =>
      (await generations()).every(({ filled, total }) => filled === total && total >= DOCUMENTS),
    );
    const [former, present] = await generations();
    expect(former).toMatchObject({ state: 'standby', model: FIRST });
    expect(present).toMatchObject({ state: 'active', model: SECOND, passed: true, problem: null });
    expect(present?.figures).toMatchObject({ measuredOn: 'known-items' });
  }, 120_000);

  it('goes back at once, and two administrators who do it together are told apart', async () => {
    const before = await ask(3);
    const { result } = await underQuestions(() =>
      Promise.all([
        send('POST', 'models/generations/return', {}, 'admin'),
        send('POST', 'models/generations/1/switch', {}, 'admin'),
      ]),
    );
    expect(result.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await activeModel()).toBe(FIRST);
    const replay = await call('POST', `answers/${before.answerId}/replay`, {}, 'employee');
    expect(replay).toMatchObject({ matches: true, changed: ['models', 'generation'] });
  }, 60_000);

  it('is nobody’s business but an administrator’s', async () => {
    const refused = [
      await send('GET', 'models/generations', undefined, 'employee'),
      await send('POST', 'models/generations', { model: SECOND }, 'employee'),
      await send('POST', 'models/generations/return', {}, 'employee'),
      await send('DELETE', 'models/generations/2', undefined, 'employee'),
      await send('POST', 'search', { query: 'seal', generation: 2 }, 'employee'),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
    // The administrator may compare models, and still reads nothing of somebody else's collection.
    const named = await send('POST', 'search', { query: 'seal of pump P-101', generation: 2 }, 'admin');
    expect(named).toMatchObject({ status: 200, body: { results: [] } });
    expect(await send('POST', 'search', { query: 'seal', generation: 99 }, 'admin')).toMatchObject({
      status: 404,
    });
  }, 60_000);

  it('is dropped on command, the active one never', async () => {
    expect(await send('DELETE', 'models/generations/1', undefined, 'admin')).toMatchObject({ status: 409 });
    await underQuestions(() => call('DELETE', 'models/generations/2'));
    expect((await generations()).map(({ id, state }) => [id, state])).toEqual([[1, 'active']]);
    expect(await send('POST', 'models/generations/return', {}, 'admin')).toMatchObject({ status: 409 });
  }, 60_000);

  it('law-5: is built and changed though the worker is killed again and again', async () => {
    await call('POST', 'models/generations', { model: SECOND, margin: 0.5 });
    for (let kills = 0; kills < 4; kills += 1) {
      await sleep(150 + 350 * kills);
      process.kill(product.pids()['worker'] ?? 0, 'SIGKILL');
      await until('the worker to be back', async () => (await fetch(`${product.address}/readyz`)).ok);
    }
    await until('the cut-over', async () => (await activeModel()) === SECOND);
    const all = await generations();
    expect(all.map(({ filled, total }) => filled === total)).toEqual([true, true]);
    const answer = await ask(7);
    expect(answer.sentences[0]?.text).toBe(sentenceOf(7));
    // Its sentences were compared by vectors that stood in the index: they are the same ones the next time.
    const replay = await call('POST', `answers/${answer.answerId}/replay`, {}, 'employee');
    expect(replay).toMatchObject({ matches: true, changed: [] });
    const log = readFileSync(join(product.home, 'logs', 'worker.log'), 'utf8');
    expect(log.match(/worker\.memory-above-watermark/g)?.length).toBeGreaterThan(1);
    const { status, stdout } = product.cli('audit', 'verify', '--as', 'admin', '--json');
    expect({ status, report: JSON.parse(stdout) as unknown }).toMatchObject({
      status: 0,
      report: { ok: true },
    });
  }, 180_000);
});
