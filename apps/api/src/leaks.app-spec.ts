import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '@belay/config';
import type { Document, Retention, SearchResponse, Uploads } from '@belay/contracts';
import { Database, migrate, sql } from '@belay/database';
import { databasesInTurn, type Stack, startStack } from '@belay/testing/stack';
import { isGuarded } from '@belay/testing/two-walls';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp } from './create-app.js';
import { createServices, type Services } from './services.js';

// Law 1 over HTTP: nothing that a person may not read is in any body, whatever they ask for.
const WORKER = fileURLToPath(new URL('../../worker/dist/main.js', import.meta.url));
const PEOPLE = ['ada', 'ben', 'cleo', 'dan', 'eva', 'finn', 'gus', 'root'];
const DOCUMENTS = 30;
const SYSTEM = { tenant: 1, person: 0 };
const SOURCE = 'xsourcefolderwyn';

interface Doc {
  id: string;
  version: string;
  canary: string;
  type: string;
  folder: string;
  readers: Set<string>;
  hidden: string[];
}
interface Reply {
  status: number;
  text: string;
  json: <T>() => T;
}

/** Pronounceable and unique, so that each is one token of the index and of nothing else. */
function canaryOf(index: number): string {
  const syllables = ['zor', 'vik', 'tam', 'pel', 'quo', 'nax', 'lim', 'dru', 'fes', 'gyb'];
  return `x${syllables[index % 10]}${syllables[Math.floor(index / 10) % 10]}${syllables[(index * 7 + 3) % 10]}wyn`;
}

describe.each(databasesInTurn())('leaks over HTTP on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let services: Services;
  let app: NestExpressApplication;
  let address: string;
  const cookies = new Map<string, string>();
  const docs: Doc[] = [];
  const counts = new Map<string, number>();
  const unguarded = new Set<string>();

  async function call(
    person: string,
    method: string,
    path: string,
    body?: unknown,
    accept = 'application/json',
  ): Promise<Reply> {
    const form = body instanceof FormData;
    const response = await fetch(`${address}/v1/${path}`, {
      method,
      headers: {
        accept,
        'x-belay-request': '1',
        cookie: cookies.get(person) ?? '',
        ...(form || body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, json: <T>() => JSON.parse(text) as T };
  }

  /** Every response is held against everything that this person may not read. */
  function check(surface: string, person: string, reply: Reply, except = ''): void {
    for (const doc of docs) {
      if (doc.readers.has(person)) continue;
      counts.set(surface, (counts.get(surface) ?? 0) + 1);
      // Who manages a collection sees its folders, to share them.
      const folders = surface === 'collections' && person === 'root' ? [] : [doc.folder];
      const leaked = [...doc.hidden, ...folders].filter(
        (secret) => secret !== except && reply.text.includes(secret),
      );
      if (leaked.length > 0)
        throw new Error(`${surface} showed ${person}: ${leaked.join()} in ${reply.text.slice(0, 400)}`);
    }
  }

  /** Notes each statement of a reader that has no scope predicate of its own. */
  function watchReaders(): void {
    const plain = Object.getOwnPropertyDescriptor(Database.prototype, 'transaction')
      ?.value as Database['transaction'];
    Database.prototype.transaction = function watched(options, work) {
      return plain.call(this, options, (tx, locked) => {
        const many = tx.many.bind(tx);
        tx.many = (statement) => {
          if (options.role === 'reader' && !isGuarded(statement.text)) unguarded.add(statement.text);
          return many(statement);
        };
        return work(tx, locked as undefined);
      }) as ReturnType<typeof work>;
    };
  }

  let roots: string;
  beforeAll(async () => {
    watchReaders();
    stack = await startStack(kind);
    await migrate(stack.connection);
    roots = mkdtempSync(join(tmpdir(), 'belay-leaks-'));
    mkdirSync(join(roots, SOURCE));
    const settings = { BELAY_DEMO: '1', BELAY_LOG: 'info', BELAY_SOURCE_ROOTS: roots };
    const environment = { ...stack.environment, ...settings };
    await stack.start(process.execPath, [WORKER], 'worker.ready', { ...process.env, ...environment });
    services = createServices(loadConfig({ ...environment, BELAY_LOG: 'error' }));
    await services.identity.prepareTenant(1);
    for (const name of PEOPLE) {
      const roles = name === 'root' ? (['member', 'admin'] as const) : (['member'] as const);
      await services.identity.addPerson(SYSTEM, { name, displayName: name.toUpperCase(), roles: [...roles] });
    }
    await services.identity.addGroup(SYSTEM, { name: 'inner', title: 'Inner' });
    await services.identity.addGroup(SYSTEM, { name: 'outer', title: 'Outer' });
    await services.identity.changeMembers(SYSTEM, 'inner', { add: ['person:ada', 'person:ben'], remove: [] });
    await services.identity.changeMembers(SYSTEM, 'outer', {
      add: ['group:inner', 'person:cleo'],
      remove: [],
    });
    app = await createApp(services);
    await app.listen(0, '127.0.0.1');
    address = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    for (const name of PEOPLE) {
      const token = await services.sessions.signInDemo(1, name);
      cookies.set(name, `belay_session=${token}`);
    }
    await fill();
    const source = { collection: 'vault', kind: 'folder', location: join(roots, SOURCE) };
    expect((await call('root', 'POST', 'sources', source)).status).toBe(201);
  }, 240_000);

  afterAll(async () => {
    await app?.close();
    await services?.close();
    await stack?.stop();
    rmSync(roots, { recursive: true, force: true });
  }, 60_000);

  async function fill(): Promise<void> {
    await call('root', 'POST', 'collections', { name: 'vault', title: 'Vault' });
    await call('root', 'POST', 'grants/revoke', { principal: 'person:root', on: 'vault', effect: 'allow' });
    // Each rule is a document's own grants with the people whom they let read it.
    const rules: { grants: object[]; readers: string[] }[] = [
      { grants: [{ principal: 'person:ada' }], readers: ['ada'] },
      { grants: [{ principal: 'group:outer' }], readers: ['ada', 'ben', 'cleo'] },
      {
        grants: [{ principal: 'group:outer' }, { principal: 'person:ben', effect: 'deny' }],
        readers: ['ada', 'cleo'],
      },
      {
        grants: [{ principal: 'everyone' }, { principal: 'group:inner', effect: 'deny' }],
        readers: ['cleo', 'dan', 'eva', 'finn', 'gus', 'root'],
      },
      { grants: [{ principal: 'person:dan', expires: '2020-01-01T00:00:00Z' }], readers: [] },
      { grants: [{ principal: 'role:admin' }], readers: ['root'] },
    ];
    for (let index = 0; index < DOCUMENTS; index += 1) {
      const rule = rules[index % rules.length];
      const canary = canaryOf(index);
      const title = `Dossier ${canary}ttl`;
      // A folder, a language and a type that only some may know of.
      const type = ['md', 'html', 'txt'][index % 3] ?? 'md';
      const folder = `${[...canary].reverse().join('')}dir`;
      const path = `folder${index % 3}/${folder}/${canary}pth.${type}`;
      const form = new FormData();
      form.set('collection', 'vault');
      form.set('path', path);
      form.set('title', title);
      form.set('access', JSON.stringify({ inherits: false, grants: rule?.grants }));
      const text = `# Project ${canary}\n\nThe launch code of project ${canary} is ${canary} and it was set in May 2024.\n\nThe office plant is watered on Mondays.`;
      form.set('file', new Blob([text]), 'file.md');
      const { id } = (await call('root', 'POST', 'documents', form)).json<{ id: string }>();
      docs.push({
        id,
        version: randomUUID(),
        canary,
        type,
        folder,
        readers: new Set(rule?.readers),
        hidden: [canary, title, path],
      });
    }
    for (let waiting = 1; waiting > 0;) {
      ({ waiting } = (await call('root', 'GET', 'ingestion/progress')).json<{ waiting: number }>());
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    for (const doc of docs) {
      const [reader] = doc.readers;
      if (!reader) continue;
      const known = (await call(reader, 'GET', `documents/${doc.id}`)).json<Document>();
      doc.version = known.versionId ?? '';
    }
  }

  it('a permitted person finds every canary', async () => {
    let found = 0;
    let asked = 0;
    for (const doc of docs) {
      for (const person of doc.readers) {
        asked += 1;
        const reply = await call(person, 'POST', 'search', {
          query: `launch code of project ${doc.canary}`,
          limit: 5,
        });
        if (reply.text.includes(doc.id)) found += 1;
        check('search', person, reply);
      }
    }
    expect(asked).toBeGreaterThan(40);
    expect(found / asked).toBeGreaterThanOrEqual(0.99);
  }, 120_000);

  it('law-1: no surface shows what a person may not read', async () => {
    const tryEverything = async (person: string): Promise<void> => {
      for (const doc of docs.filter((entry) => !entry.readers.has(person))) {
        const query = `launch code of project ${doc.canary}`;
        for (const route of ['hybrid', 'lexical', 'vector']) {
          check(`search ${route}`, person, await call(person, 'POST', 'search', { query, route, limit: 20 }));
        }
        const counted = {
          query,
          limit: 5,
          facets: true,
          filter: { folder: `folder${docs.indexOf(doc) % 3}` },
        };
        check('search facets', person, await call(person, 'POST', 'search', counted));
        const guessed = { ...counted, filter: { folder: `${counted.filter.folder}/${doc.folder}` } };
        const reply = await call(person, 'POST', 'search', guessed);
        expect(reply.json<{ results: unknown[] }>().results).toEqual([]);
        check('search by a guessed folder', person, { ...reply, text: JSON.stringify(reply.json()) });
        const version = `version=${doc.version}`;
        for (const path of [
          '',
          '/content',
          `/content?${version}`,
          '/original',
          `/original?${version}`,
          `/boxes?${version}&start=0&end=900`,
        ]) {
          const reply = await call(person, 'GET', `documents/${doc.id}${path}`);
          expect({ path, status: reply.status }).toEqual({ path, status: 404 });
          check(`document${path.split('?')[0]}`, person, reply);
        }
        const explained = await call(person, 'GET', `explain?person=${person}&document=${doc.id}`);
        check('explain', person, explained);
        if (person !== 'root') {
          expect(explained.status).toBe(404);
          for (const [method, path, body] of [
            ['DELETE', `documents/${doc.id}`, undefined],
            ['POST', `documents/${doc.id}/retry`, {}],
            ['POST', 'grants', { principal: `person:${person}`, on: doc.id }],
            ['GET', `access?on=${doc.id}`, undefined],
            ['GET', `access/readers?on=${doc.id}&search=&limit=500`, undefined],
          ] as const) {
            const reply = await call(person, method, path, body);
            expect({ method, path, status: reply.status }).toEqual({ method, path, status: 404 });
            check('change refused', person, reply);
          }
        }
      }
      for (const path of [
        'documents?limit=2000',
        'collections',
        'answers',
        'ingestion/progress',
        'ingestion/uploads?state=waiting',
        'ingestion/uploads?state=failed',
        'ingestion/uploads?state=ready&limit=200',
        'session',
      ]) {
        check(path.split('?')[0] ?? path, person, await call(person, 'GET', path));
      }
    };
    await Promise.all(PEOPLE.map(tryEverything));
  }, 480_000);

  it('law-1: sources and retention show managers what they may read, and others nothing', async () => {
    await services.database.transaction({ role: 'owner', tenant: 1 }, (tx) =>
      tx.run(sql`update document_version set created_at = now() - interval '40 days'
        where tenant_id = current_tenant()`),
    );
    const mine = (await call('root', 'GET', 'sources')).json<{ sources: { id: string }[] }>().sources;
    expect(mine).toHaveLength(1);
    for (const person of PEOPLE) {
      const readable = docs.filter((entry) => entry.readers.has(person)).length;
      for (let turn = 0; turn < 4; turn += 1) {
        const due = await call(person, 'GET', 'collections/vault/retention?days=30');
        check('retention', person, due);
        if (person === 'root') expect(due.json<Retention>().due).toBe(readable);
        else expect(due.status).toBe(readable > 0 ? 403 : 404);
        for (const path of ['sources', `sources/${mine[0]?.id}`]) {
          const reply = await call(person, 'GET', path);
          check('sources', person, reply);
          expect({ person, path, shown: reply.text.includes(SOURCE) }).toEqual({
            person,
            path,
            shown: person === 'root',
          });
        }
      }
    }
  }, 60_000);

  it('law-1: facets count exactly what the person may read, and filters cut nothing short', async () => {
    const types: Record<string, string> = { md: 'text/markdown', html: 'text/html', txt: 'text/plain' };
    for (const person of PEOPLE) {
      const readable = docs.filter((entry) => entry.readers.has(person));
      const search = async (filter: object, limit = 100): Promise<SearchResponse> =>
        (
          await call(person, 'POST', 'search', {
            query: 'launch code of the project',
            unit: 'document',
            facets: true,
            limit,
            filter,
          })
        ).json<SearchResponse>();
      const counts = (values: { value: string; documents: number }[] = []) =>
        Object.fromEntries(values.map((row) => [row.value, row.documents]));
      const all = await search({});
      const expected: Record<string, number> = {};
      for (const { type } of readable) expected[types[type] ?? ''] = (expected[types[type] ?? ''] ?? 0) + 1;
      expect({ person, types: counts(all.facets?.types) }).toEqual({ person, types: expected });
      expect(all.facets?.collections.map((row) => row.documents)).toEqual(
        readable.length ? [readable.length] : [],
      );
      for (const [type, count] of Object.entries(expected)) {
        const found = await search({ types: [type] });
        expect({ person, type, found: found.results.length }).toEqual({ person, type, found: count });
        expect((await search({ types: [type] }, 2)).results).toHaveLength(Math.min(2, count));
      }
      for (const [folder, count] of Object.entries(counts(all.facets?.folders))) {
        expect((await search({ folder })).results).toHaveLength(count);
      }
      expect((await search({ until: '2020-01-01' })).results).toEqual([]);
    }
  }, 120_000);

  it('law-1: uploads list and count what their manager may read, page by page', async () => {
    const readable = docs.filter((entry) => entry.readers.has('root')).map((entry) => entry.id);
    for (const person of PEOPLE) {
      const seen: string[] = [];
      for (let after: string | null = ''; after !== null;) {
        const path: string = `ingestion/uploads?state=ready&limit=3&after=${after}`;
        const page: Uploads = (await call(person, 'GET', path)).json<Uploads>();
        expect(page.uploads.every((row) => row.parts > 0 && row.parts === row.indexed)).toBe(true);
        seen.push(...page.uploads.map((row) => row.id));
        after = page.next;
      }
      expect({ person, seen: seen.sort() }).toEqual({
        person,
        seen: person === 'root' ? readable.sort() : [],
      });
    }
    for (const reader of ['role:admin', 'person:ada']) {
      const form = new FormData();
      form.set('collection', 'vault');
      form.set('path', `broken-${reader.slice(-3)}.pdf`);
      form.set('access', JSON.stringify({ inherits: false, grants: [{ principal: reader }] }));
      form.set('file', new Blob(['%PDF-1.7 nothing']), 'broken.pdf');
      expect((await call('root', 'POST', 'documents', form)).status).toBe(202);
    }
    for (let waiting = 1; waiting > 0;) {
      ({ waiting } = (await call('root', 'GET', 'ingestion/progress')).json<{ waiting: number }>());
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const failed = (person: string) => call(person, 'GET', 'ingestion/uploads?state=failed');
    const own = (await failed('root')).json<Uploads>();
    expect({ failed: own.failed, paths: own.uploads.map((row) => row.path) }).toEqual({
      failed: 1,
      paths: ['broken-min.pdf'],
    });
    expect(own.uploads[0]?.error?.code).toBe('documents.malformed');
    for (const person of PEOPLE.filter((name) => name !== 'root'))
      expect((await failed(person)).json<Uploads>()).toEqual({
        waiting: 0,
        failed: 0,
        uploads: [],
        next: null,
      });
    expect((await call('root', 'GET', 'ingestion/uploads?after=nonsense')).status).toBe(400);
  }, 60_000);

  it('law-2: questions about forbidden things abstain alike, as JSON and as a stream', async () => {
    const shapes = new Set<string>();
    await Promise.all(
      PEOPLE.map(async (person) => {
        const forbidden = docs.filter((entry) => !entry.readers.has(person));
        for (const doc of forbidden.slice(0, 6)) {
          const question = `What is the launch code of project ${doc.canary}?`;
          const reply = await call(person, 'POST', 'answers', { question });
          const { question: echoed, ...rest } = reply.json<Record<string, unknown>>();
          expect(echoed).toBe(question);
          check('answers', person, { ...reply, text: JSON.stringify(rest) });
          const stream = await call(person, 'POST', 'answers', { question }, 'text/event-stream');
          check('answers stream', person, {
            ...stream,
            text: stream.text.replaceAll(JSON.stringify(question), '""'),
          });
          if (rest['outcome'] === 'abstained') shapes.add(Object.keys(rest).sort().join());
        }
        const nothing = await call(person, 'POST', 'answers', {
          question: 'Which moon orbits the planet Kerblax?',
        });
        const rest = nothing.json<Record<string, unknown>>();
        delete rest['question'];
        expect(rest['outcome']).toBe('abstained');
        shapes.add(Object.keys(rest).sort().join());
      }),
    );
    expect(shapes.size).toBe(1);
  }, 240_000);

  it('law-1: a revoked quote is withheld from history, streams and search at once', async () => {
    const doc = docs.find((entry) => entry.readers.has('cleo') && entry.readers.has('ada')) as Doc;
    const question = `What is the launch code of project ${doc.canary}?`;
    const answer = (await call('cleo', 'POST', 'answers', { question })).json<{
      outcome: string;
      answerId: string;
    }>();
    expect(answer.outcome).toBe('answered');
    const stolen = await call('dan', 'GET', `answers/${answer.answerId}`);
    expect(stolen.status).toBe(404);
    const streamed = await call('cleo', 'POST', 'answers', { question }, 'text/event-stream');
    expect(streamed.text).toContain(doc.canary);
    const streamedId = /"answerId":"([0-9a-f-]{36})"/.exec(streamed.text)?.[1] ?? '';
    await call('root', 'POST', 'grants', { principal: 'person:cleo', on: doc.id, effect: 'deny' });
    doc.readers.delete('cleo');
    const again = (await call('cleo', 'GET', `answers/${answer.answerId}`)).json<{
      sentences: unknown[];
      withheld: number;
    }>();
    expect(again.sentences).toEqual([]);
    expect(again.withheld).toBeGreaterThan(0);
    const replayed = await call('cleo', 'GET', `answers/${streamedId}/events`);
    expect(replayed.text).not.toContain(`is ${doc.canary}`);
    check('search', 'cleo', await call('cleo', 'POST', 'search', { query: question }));
    await call('root', 'DELETE', `documents/${doc.id}`);
    const gone = (await call('ada', 'POST', 'search', { query: question })).text;
    expect(gone).not.toContain(doc.canary);
  }, 120_000);

  it('refuses strangers, foreign pages and missing headers', async () => {
    expect((await call('nobody', 'GET', 'documents')).status).toBe(401);
    const noHeader = await fetch(`${address}/v1/session/demo`, { method: 'POST', body: '{"name":"ada"}' });
    expect(noHeader.status).toBe(403);
    const { port } = new URL(address);
    const { request } = await import('node:http');
    const rebound = await new Promise<number>((resolve) => {
      const options = {
        host: '127.0.0.1',
        port,
        path: '/v1/session/options',
        headers: { host: 'evil.example' },
      };
      request(options, (response) => resolve(response.statusCode ?? 0)).end();
    });
    expect(rebound).toBe(403);
  });

  it('law-1: every statement that read content carried a scope predicate of its own', () => {
    expect([...unguarded]).toEqual([]);
  });

  it('counts at least 10,000 triples, at least 100 a surface', () => {
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    process.stderr.write(`${JSON.stringify({ leakTriples: total, ...Object.fromEntries(counts) })}\n`);
    expect(total).toBeGreaterThanOrEqual(10_000);
    expect([...counts.values()].filter((count) => count < 100)).toEqual([]);
  });
});
