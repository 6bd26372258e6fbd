import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { loadConfig } from '@belay/config';
import { migrate } from '@belay/database';
import { DomainError } from '@belay/errors';
import { databases, type Stack, startStack } from '@belay/testing/stack';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp } from './create-app.js';
import { createServices, type Services } from './services.js';

// What somebody who is signed in, or nobody, tries over HTTP that nobody allowed.
const WORKER = fileURLToPath(new URL('../../worker/dist/main.js', import.meta.url));
const SYSTEM = { tenant: 1, person: 0 };
const NOWHERE = '00000000-0000-4000-8000-000000000000';

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly json: <T>() => T;
}

describe.each(databases().slice(0, 1))('attacks over HTTP on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let services: Services;
  let app: NestExpressApplication;
  let address: string;
  let roots: string;
  const cookies = new Map<string, string>();

  async function call(
    person: string,
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<Reply> {
    const form = body instanceof FormData;
    const response = await fetch(`${address}/v1/${path}`, {
      method,
      headers: {
        'x-belay-request': '1',
        cookie: cookies.get(person) ?? '',
        ...(form || body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    const text = await response.text();
    return { status: response.status, text, json: <T>() => JSON.parse(text) as T };
  }

  function upload(person: string, path: string, text: string, access?: object): Promise<Reply> {
    const form = new FormData();
    form.set('collection', 'plans');
    form.set('path', path);
    if (access) form.set('access', JSON.stringify(access));
    form.set('file', new Blob([text]), 'file');
    return call(person, 'POST', 'documents', form);
  }

  async function settled(): Promise<void> {
    for (let waiting = 1; waiting > 0;) {
      ({ waiting } = (await call('ada', 'GET', 'ingestion/progress')).json<{ waiting: number }>());
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  const finds = async (person: string, query: string): Promise<string> =>
    (await call(person, 'POST', 'search', { query, limit: 20 })).text;

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    roots = mkdtempSync(join(tmpdir(), 'belay-attacks-'));
    mkdirSync(join(roots, 'hr'));
    const environment = {
      ...stack.environment,
      BELAY_DEMO: '1',
      BELAY_LOG: 'info',
      BELAY_SOURCE_ROOTS: roots,
    };
    await stack.start(process.execPath, [WORKER], 'worker.ready', { ...process.env, ...environment });
    services = createServices(loadConfig({ ...environment, BELAY_LOG: 'error' }));
    await services.identity.prepareTenant(1);
    for (const [name, roles] of Object.entries({
      ada: ['member'],
      ben: ['member'],
      root: ['member', 'admin'],
    })) {
      const person = { name, displayName: name.toUpperCase(), email: `${name}.private@example.org` };
      await services.identity.addPerson(SYSTEM, { ...person, roles: roles as ('member' | 'admin')[] });
      cookies.set(name, `belay_session=${await services.sessions.signInDemo(1, name)}`);
    }
    app = await createApp(services);
    await app.listen(0, '127.0.0.1');
    address = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    await call('ada', 'POST', 'collections', { name: 'plans', title: 'Plans' });
    await call('ada', 'POST', 'grants', { principal: 'everyone', on: 'plans' });
  }, 120_000);

  afterAll(async () => {
    await app?.close();
    await services?.close();
    await stack?.stop();
    rmSync(roots, { recursive: true, force: true });
  }, 60_000);

  it('law-1: an upload that says who may read it is read by nobody else, also over a document that is there', async () => {
    await upload('ada', 'plan.md', 'The xopenwyn plan is for everybody in the company.');
    await settled();
    expect(await finds('ben', 'xopenwyn plan')).toContain('xopenwyn');
    const own = { inherits: false, grants: [{ principal: 'person:ada' }] };
    await upload('ada', 'plan.md', 'The xclosedwyn plan is for nobody but the board.', own);
    await settled();
    expect(await finds('ada', 'xclosedwyn plan')).toContain('xclosedwyn');
    expect(await finds('ben', 'xclosedwyn plan')).not.toContain('plan.md');
    // The same bytes again, for somebody else: exactly these may read them now.
    const other = { inherits: false, grants: [{ principal: 'person:ben' }] };
    await upload('ada', 'plan.md', 'The xclosedwyn plan is for nobody but the board.', other);
    expect(await finds('ben', 'xclosedwyn plan')).toContain('plan.md');
    expect(await finds('ada', 'xclosedwyn plan')).not.toContain('plan.md');
  }, 60_000);

  it('law-1: who may share something finds people by name, not by their addresses', async () => {
    const found = async (search: string): Promise<string> =>
      (await call('ada', 'GET', `principals?search=${search}`)).text;
    expect(await found('root')).toContain('person:root');
    expect(await found('root.private')).not.toContain('person:root');
    expect(await found('%40example')).toBe('{"principals":[]}');
    expect((await call('root', 'GET', 'people?search=ben.private')).text).toContain('"name":"ben"');
  });

  it('law-1: what is under way or failed is counted of what one uploaded or may read', async () => {
    await upload('ada', 'closed.pdf', '%PDF-1.7 nothing', {
      inherits: false,
      grants: [{ principal: 'person:ada' }],
    });
    await settled();
    const progress = async (person: string): Promise<unknown> =>
      (await call(person, 'GET', 'ingestion/progress?collection=plans')).json();
    expect(await progress('ada')).toEqual({ waiting: 0, failed: 1 });
    expect(await progress('root')).toEqual({ waiting: 0, failed: 0 });
    expect((await call('root', 'GET', 'ingestion/progress')).json()).toEqual({ waiting: 0, failed: 0 });
  }, 60_000);

  it('law-1: only administrators have the server read its own places', async () => {
    const source = { collection: 'plans', kind: 'folder', location: join(roots, 'hr') };
    expect((await call('ada', 'POST', 'sources', source)).status).toBe(403);
    expect((await call('root', 'POST', 'sources', source)).status).toBe(201);
  });

  it('neither shows contracts of tools to a member nor starts or reaches a server for one', async () => {
    const peer = { id: 'one', transport: 'http', url: 'http://127.0.0.1:9/', privateNetwork: true };
    const posts = {
      tools: { text: 'a' },
      'tools/lint': { text: 'a' },
      'tools/offer': { peer },
      'tools/scaffold': { peer },
    };
    for (const [path, body] of Object.entries(posts))
      expect([path, (await call('ada', 'POST', path, body)).status]).toEqual([path, 403]);
    const steps = {
      approve: { digest: 'a' },
      quarantine: { reason: 'a' },
      retire: { reason: 'a' },
      verify: {},
    };
    for (const [step, body] of Object.entries(steps))
      expect([step, (await call('ada', 'POST', `tools/a.b/1.0.0/${step}`, body)).status]).toEqual([
        step,
        403,
      ]);
    for (const path of ['tools', 'tools/a.b/1.0.0'])
      expect((await call('ada', 'GET', path)).status).toBe(403);
    expect((await call('root', 'GET', 'tools')).status).toBe(200);
  });

  it('law-1: which generation is searched is for administrators to name', async () => {
    const named = { query: 'plan', generation: 1 };
    expect((await call('ada', 'POST', 'search', named)).status).toBe(403);
    expect((await call('root', 'POST', 'search', named)).status).toBe(200);
    for (const path of ['models/generations', 'models/generations/1/figures', 'models/generations/return'])
      expect((await call('ada', 'POST', path, {})).status).toBe(403);
    expect((await call('ada', 'GET', 'models/generations')).status).toBe(403);
  });

  it('law-1: an administrator sees in the ledger what was asked by nobody else', async () => {
    const { answerId } = (await call('ada', 'POST', 'answers', { question: 'What is xaskedwyn?' })).json<{
      answerId: string;
    }>();
    await call('root', 'POST', 'answers', { question: 'What is xownwyn?' });
    const read = async (): Promise<string> =>
      (await call('root', 'GET', 'audit/leaves?type=answer')).text +
      (await call('root', 'GET', 'audit/export')).text;
    for (let seen = ''; !seen.includes(answerId); seen = (await call('root', 'GET', 'audit/export')).text)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await read()).toContain('xownwyn');
    expect(await read()).not.toContain('xaskedwyn');
    for (const path of ['audit/leaves', 'audit/export', 'audit/verify', 'feedback', 'people', 'groups'])
      expect({ path, status: (await call('ada', 'GET', path)).status }).toEqual({ path, status: 403 });
  }, 60_000);

  it('law-1: of feedback an administrator reads what was shared and nothing else', async () => {
    const { answerId } = (await call('ada', 'POST', 'answers', { question: 'What is xratedwyn?' })).json<{
      answerId: string;
    }>();
    const feedback = { useful: false, reason: 'xreasonwyn' };
    await call('ada', 'PUT', `answers/${answerId}/feedback`, { ...feedback, shared: false });
    expect((await call('root', 'GET', 'feedback')).text).not.toMatch(/xratedwyn|xreasonwyn/);
    expect((await call('root', 'PUT', `answers/${answerId}/feedback`, feedback)).status).toBe(404);
    await call('ada', 'PUT', `answers/${answerId}/feedback`, { ...feedback, shared: true });
    expect((await call('root', 'GET', 'feedback')).text).toMatch(/xratedwyn.*xreasonwyn/);
  });

  it('one person’s thousand questions are refused before they keep others waiting', async () => {
    const query = 'How many days of vacation are there?';
    const all = Array.from({ length: 200 }, () => call('ada', 'POST', 'search', { query }));
    const other = await call('ben', 'POST', 'search', { query });
    const statuses = (await Promise.all(all)).map(({ status }) => status);
    expect(other.status).toBe(200);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(64);
    expect((await call('ada', 'POST', 'search', { query })).status).toBe(200);
  }, 60_000);

  it('one person’s many searches keep nobody else waiting for more than two of them', async () => {
    const find = services.retrieval.searchOutcome.bind(services.retrieval);
    const [started, held]: [number[], (() => void)[]] = [[], []];
    const hold: typeof find = async (searcher, request) => {
      started.push(searcher.person);
      await new Promise<void>((go) => held.push(go));
      return find(searcher, request);
    };
    const spy = jest.spyOn(services.retrieval, 'searchOutcome').mockImplementation(hold);
    const until = async (count: number): Promise<void> => {
      while (started.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    try {
      const many = Array.from({ length: 20 }, () => finds('ada', 'pump'));
      await until(8);
      await new Promise((resolve) => setTimeout(resolve, 200));
      const other = finds('ben', 'pump');
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect([started.length, new Set(started).size]).toEqual([8, 1]);
      for (const count of [9, 10]) {
        held.shift()?.();
        await until(count);
      }
      expect(new Set(started.slice(8)).size).toBe(2);
      const rest = setInterval(() => held.shift()?.(), 5);
      await Promise.all([...many, other]).finally(() => clearInterval(rest));
    } finally {
      spy.mockRestore();
    }
  }, 60_000);

  it('of one person four originals are held at once, however slowly they are read', async () => {
    const held: (() => void)[] = [];
    const hold = () =>
      new Promise<never>((_, fail) => held.push(() => fail(new DomainError('not-found', 'Held.'))));
    const spy = jest.spyOn(services.documents, 'original').mockImplementation(hold);
    try {
      const four = Array.from({ length: 4 }, () => call('ada', 'GET', `documents/${NOWHERE}/original`));
      while (held.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
      const fifth = await call('ada', 'GET', `documents/${NOWHERE}/original`);
      expect([fifth.status, fifth.text]).toEqual([429, expect.stringContaining('originals')]);
      for (const release of held) release();
      await Promise.all(four);
    } finally {
      spy.mockRestore();
    }
  }, 60_000);

  it('questions whose asker has gone are not answered in vain, and keep nobody waiting', async () => {
    const kept = async (): Promise<number> =>
      (await call('ada', 'GET', 'answers?limit=200')).json<{ answers: unknown[] }>().answers.length;
    const before = await kept();
    const gone = new AbortController();
    const many = 48;
    const asked = Array.from({ length: many }, (_, index) =>
      call('ada', 'POST', 'answers', { question: `Who has plan number ${index}?` }, gone.signal),
    );
    await Promise.race(asked);
    const other = call('ben', 'POST', 'answers', { question: 'Who has the plan?' });
    gone.abort();
    await Promise.allSettled(asked);
    expect((await other).status).toBe(200);
    // Of those that had begun some are stored still.
    expect((await kept()) - before).toBeLessThan(many / 2);
  });

  it('requests sent one behind the other on a connection that breaks are not counted for good', async () => {
    const { hostname, port } = new URL(address);
    const body = JSON.stringify({ query: 'Who has the plan?' });
    const headers = [`cookie: ${cookies.get('ada')}`, 'x-belay-request: 1', 'content-type: application/json'];
    const lines = [...headers, `host: ${hostname}:${port}`, `content-length: ${body.length}`].join('\r\n');
    const socket = connect(Number(port), hostname);
    socket.write(`POST /v1/search HTTP/1.1\r\n${lines}\r\n\r\n${body}`.repeat(100));
    await once(socket, 'data');
    socket.destroy();
    while ((await call('ada', 'GET', 'answers?limit=1')).status === 429)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await call('ada', 'POST', 'search', { query: 'plan' })).status).toBe(200);
  }, 60_000);

  it('says of hostile numbers and times that they are wrong, and shows nothing of the database', async () => {
    const replies = [
      await call('root', 'GET', `audit/leaves?after=9999-99-99T99:99:99Z_${NOWHERE}`),
      await call('root', 'POST', 'search', { query: 'x', generation: 99_999_999_999 }),
      await call('root', 'POST', 'models/generations/99999999999/switch', {}),
    ];
    for (const { status, text } of replies) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(text).not.toMatch(/timestamp|integer|out of range/);
    }
  });
});
