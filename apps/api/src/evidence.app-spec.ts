import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '@belay/config';
import { type Database, migrate, sql } from '@belay/database';
import { DocumentService, Originals } from '@belay/documents';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import { databasesInTurn, type Stack, startStack } from '@belay/testing/stack';
import type { Response } from 'express';
import { createServices, type Services } from './services.js';

// What stands behind every answer: verified bytes, a leaf on the ledger, digests of all that made it.
const WORKER = fileURLToPath(new URL('../../worker/dist/main.js', import.meta.url));
const QUESTION = { question: 'When does the harbour crane close for inspection?', sentences: 1 };
const TEXT =
  '# Harbour\n\nThe harbour crane closes for inspection on the ninth of March.\n\nCoffee is served at ten.';

describe.each(databasesInTurn())('evidence on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let services: Services;
  let actor: SignedIn;
  let other: SignedIn;

  const owner = <T>(work: Parameters<Database['transaction']>[1]): Promise<T> =>
    services.database.transaction({ role: 'owner', tenant: 1 }, work) as Promise<T>;
  const countOf = async (table: string): Promise<number> =>
    (
      await owner<{ n: number }>((tx) =>
        tx.one({ text: `select count(*) as n from ${table} where tenant_id = 1`, values: [] }),
      )
    ).n;

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    await stack.start(process.execPath, [WORKER], 'worker.ready', {
      ...process.env,
      ...stack.environment,
      BELAY_LOG: 'info',
    });
    services = createServices(loadConfig(stack.environment));
    await services.identity.prepareTenant(1);
    const system = { tenant: 1, person: 0 };
    const signIn = async (name: string): Promise<SignedIn> => {
      await services.identity.addPerson(system, { name, displayName: name, roles: ['member'] });
      const session = await services.sessions.signInDemo(1, name);
      return (await services.sessions.authenticate(1, { session })) as SignedIn;
    };
    actor = await signIn('ada');
    other = await signIn('ben');
    await services.collections.create(actor, { name: 'harbour', title: 'Harbour' });
    await services.documents.accept(actor, {
      collection: 'harbour',
      path: 'crane.md',
      bytes: Buffer.from(TEXT),
    });
    for (let waiting = 1; waiting > 0;) {
      ({ waiting } = await services.documents.progress(actor, undefined));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }, 120_000);

  afterAll(async () => {
    await services?.close();
    await stack?.stop();
  }, 60_000);

  it('law-5: a document whose job was lost is found again', async () => {
    const deaf = new DocumentService(services.database, services.access, new Originals(services.config), () =>
      Promise.resolve(),
    );
    const bytes = Buffer.from('The lighthouse lamp is cleaned every Sunday.');
    const { id } = await deaf.accept(actor, { collection: 'harbour', path: 'lamp.txt', bytes });
    let stage = 'parse';
    for (const end = Date.now() + 40_000; stage !== 'ready' && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      ({ stage } = await services.documents.get(actor, id));
    }
    expect(stage).toBe('ready');
  }, 60_000);

  it('law-7: the record of an answer names what made it, and asking again gives the same bytes', async () => {
    const first = await services.answering.ask(actor, QUESTION);
    const second = await services.answering.ask(actor, QUESTION);
    expect(first.outcome).toBe('answered');
    expect(second.sentences).toEqual(first.sentences);
    const { record } = await services.database.transaction({ role: 'api', ...actor }, (tx) =>
      tx.one<{ record: Record<string, unknown> }>(
        sql`select record from answer where tenant_id = 1 and answer_id = ${first.answerId}`,
      ),
    );
    expect(record).toEqual({
      models: {
        embedding: expect.stringMatching(/^static-en-256@[0-9a-f]{64}$/) as unknown,
        reading: expect.stringMatching(/^sentence-reader-en@[0-9a-f]{64}$/) as unknown,
      },
      ranker: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      policy: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      statistics: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      generation: expect.any(Number) as unknown,
      request: { sentences: 1 },
      confidence: expect.any(Number) as unknown,
      threshold: expect.any(Number) as unknown,
      candidates: expect.any(Array) as unknown,
      unnamed: [],
    });
  }, 60_000);

  const GONE = 'Sentence 1 quoted what was deleted or changed since, or may not be read any more.';
  it('law-7: a replay gives the same bytes, and one altered byte of the evidence makes it fail', async () => {
    const { answerId } = await services.answering.ask(actor, QUESTION);
    const { answering } = services;
    const same = { answerId, matches: true, differences: [], changed: [] };
    expect(await answering.replay(actor, answerId)).toEqual(same);
    const swap = (from: string, to: string): Promise<unknown> =>
      owner((tx) => tx.run(sql`update document_part set body = replace(body, ${from}, ${to})`));
    await swap('ninth', 'fifth');
    expect(await answering.replay(actor, answerId)).toMatchObject({ matches: false });
    await swap('fifth', 'ninth');
    expect(await answering.replay(actor, answerId)).toEqual(same);
    const shorten = (by: number): Promise<unknown> =>
      owner(async (tx) => {
        await tx.run(sql`alter table answer_citation no force row level security`);
        await tx.run(sql`update answer_citation set end_offset = end_offset - ${by}::int`);
        await tx.run(sql`alter table answer_citation force row level security`);
      });
    await shorten(1);
    expect(await answering.replay(actor, answerId)).toMatchObject({
      matches: false,
      differences: [GONE],
    });
    await shorten(-1);
    const abstained = await answering.ask(actor, { question: 'Who is Kerblax?', sentences: 1 });
    expect(await answering.replay(actor, abstained.answerId)).toMatchObject({ matches: true });
  }, 60_000);

  it('law-1: replay and record of an answer are its person’s alone, and name only what may be read now', async () => {
    const { answering, access } = services;
    await access.grant(actor, { principal: 'person:ben', on: 'harbour', effect: 'allow' });
    const { answerId } = await answering.ask(other, QUESTION);
    const missing = { code: 'not-found' };
    await expect(answering.replay(actor, answerId)).rejects.toMatchObject(missing);
    await expect(answering.record(actor, answerId)).rejects.toMatchObject(missing);
    const before = await answering.record(other, answerId);
    expect(before).toMatchObject({ person: 'ben', outcome: 'answered', withheld: 0 });
    expect(before.candidates[0]).toMatchObject({ title: 'Harbour', verdict: 'cited' });
    await access.revoke(actor, { principal: 'person:ben', on: 'harbour', effect: 'allow' });
    const after = await answering.record(other, answerId);
    expect([after.candidates, after.withheld]).toEqual([[], before.candidates.length]);
    const replay = await answering.replay(other, answerId);
    expect(replay.differences).toContain(GONE);
    expect(replay).toMatchObject({ matches: false, changed: expect.arrayContaining(['policy']) as unknown });
    expect(JSON.stringify([after, replay])).not.toMatch(/Harbour|ninth/);
  }, 60_000);

  it('law-2: a quote is shown only while its bytes are those of the stored version', async () => {
    const answer = await services.answering.ask(actor, QUESTION);
    const citation = answer.sentences[0]?.citations[0];
    const { text } = await services.documents.content(actor, citation?.documentId ?? '', undefined);
    const quoted = text.slice(citation?.start, citation?.end);
    expect(quoted).toBe(citation?.quote);
    expect(createHash('sha256').update(quoted, 'utf8').digest('hex')).toBe(citation?.sha256);
    expect(await services.answering.reopen(actor, answer.answerId)).toMatchObject({ withheld: 0 });
    const swap = (from: string, to: string): Promise<unknown> =>
      owner((tx) => tx.run(sql`update document_part set body = replace(body, ${from}, ${to})`));
    await swap('ninth', 'fifth');
    try {
      const reopened = await services.answering.reopen(actor, answer.answerId);
      expect(reopened).toMatchObject({ sentences: [], withheld: 1 });
      expect(await services.answering.ask(actor, QUESTION)).toMatchObject({
        outcome: 'abstained',
        sentences: [],
      });
    } finally {
      await swap('fifth', 'ninth');
    }
  }, 60_000);

  it('says of a quote that its document has a newer version, to whoever may read both', async () => {
    const { access, answering, documents } = services;
    const bytes = (day: string): Buffer => Buffer.from(`The ferry to Skarholm leaves at ${day}.`);
    const place = { collection: 'harbour', path: 'ferry.txt' };
    const question = { question: 'When does the ferry to Skarholm leave?', sentences: 1 };
    const store = async (day: string): Promise<void> => {
      await documents.accept(actor, { ...place, bytes: bytes(day) });
      for (let waiting = 1; waiting > 0;) ({ waiting } = await documents.progress(actor, undefined));
    };
    await access.grant(actor, { principal: 'person:ben', on: 'harbour', effect: 'allow' });
    await store('noon');
    const { answerId, sentences } = await answering.ask(other, question);
    expect(sentences[0]).toMatchObject({ citations: [{ superseded: false }] });
    await store('midnight');
    const again = await answering.reopen(other, answerId);
    expect(again).toMatchObject({ withheld: 0, sentences: [{ text: sentences[0]?.text }] });
    expect(again.sentences[0]?.citations[0]).toEqual({ ...sentences[0]?.citations[0], superseded: true });
    const ofFerry = async (): Promise<unknown> =>
      (await answering.record(other, answerId)).candidates.find(({ verdict }) => verdict === 'cited');
    expect(await ofFerry()).toMatchObject({ superseded: true });
    const anew = await answering.ask(other, question);
    expect(anew.sentences[0]?.citations).toMatchObject([{ superseded: false }]);
    await access.revoke(actor, { principal: 'person:ben', on: 'harbour', effect: 'allow' });
    expect(await answering.reopen(other, answerId)).toMatchObject({ sentences: [], withheld: 1 });
    expect(await ofFerry()).toBeUndefined();
  }, 60_000);

  it('law-1: an answer is its person’s alone, by predicate and by policy', async () => {
    const { answerId } = await services.answering.ask(actor, QUESTION);
    const tables = ['answer', 'answer_payload', 'answer_citation'];
    const seenBy = (person: number): Promise<number[]> =>
      Promise.all(
        tables.map((table) =>
          services.database.transaction({ role: 'api', tenant: 1, person }, async (tx) => {
            const text = `select answer_id from ${table} where answer_id = '${answerId}'`;
            return (await tx.many({ text, values: [] })).length;
          }),
        ),
      );
    expect(await seenBy(actor.person)).toEqual([1, 1, 1]);
    expect(await seenBy(other.person)).toEqual([0, 0, 0]);
    const { policies } = await owner<{ policies: { table: string; using: string }[] }>((tx) =>
      tx.one(sql`select jsonb_agg(jsonb_build_object('table', tablename, 'using', qual)) as policies
        from pg_policies where policyname = 'own_answers'`),
    );
    const setPolicies = (usingOf: (policy: { using: string }) => string): Promise<unknown> =>
      owner(async (tx) => {
        for (const policy of policies) {
          const text = `alter policy own_answers on ${policy.table} using (${usingOf(policy)})`;
          await tx.run({ text, values: [] });
        }
      });
    await setPolicies(() => 'true');
    try {
      expect(await seenBy(other.person)).toEqual([1, 1, 1]);
      await expect(services.answering.reopen(other, answerId)).rejects.toMatchObject({ code: 'not-found' });
      const listed = (await services.answering.list(other, 500)).map((row) => row.answerId);
      expect(listed).not.toContain(answerId);
    } finally {
      await setPolicies(({ using }) => using);
    }
    expect(await seenBy(other.person)).toEqual([0, 0, 0]);
  }, 60_000);

  it('law-4: without its leaf there is no answer, no read, no change and no sign-in', async () => {
    const { documents } = services;
    const [document] = await documents.list(actor, { limit: 1 });
    const id = document?.id ?? '';
    const tables = ['access_grant', 'document', 'document_version', 'session', 'audit_leaf'];
    const counts = async (): Promise<number[]> => Promise.all(tables.map(countOf));
    const answers = async (): Promise<number> => (await services.answering.list(actor, 500)).length;
    const before = { rows: await counts(), answers: await answers() };
    await owner((tx) => tx.run(sql`revoke insert on audit_leaf from belay_api`));
    try {
      const effects: Record<string, () => Promise<unknown>> = {
        answer: () => services.answering.ask(actor, QUESTION),
        abstention: () => services.answering.ask(actor, { question: 'Who is Kerblax?', sentences: 1 }),
        read: () => documents.content(actor, id, undefined),
        original: () => documents.original(actor, id, undefined),
        upload: () =>
          documents.accept(actor, { collection: 'harbour', path: 'b.md', bytes: Buffer.from('b') }),
        grant: () => services.access.grant(actor, { principal: 'everyone', on: id, effect: 'allow' }),
        deletion: () => documents.delete(actor, id),
        'sign-in': () => services.sessions.signInDemo(1, 'ada'),
      };
      for (const [effect, run] of Object.entries(effects)) {
        const outcome = await run().then(
          () => 'happened',
          (error: { code?: string }) => error.code,
        );
        expect({ effect, outcome }).toEqual({ effect, outcome: '42501' });
      }
    } finally {
      await owner((tx) => tx.run(sql`grant insert on audit_leaf to belay_api`));
    }
    expect({ rows: await counts(), answers: await answers() }).toEqual(before);
  }, 60_000);

  it('law-1: who manages a document and may not read it cannot try out what its bytes are', async () => {
    const send = (text: string) => {
      const bytes = Buffer.from(text);
      return services.documents.accept(actor, { collection: 'harbour', path: 'mast.txt', bytes });
    };
    await send('The mast is red.');
    expect(await send('The mast is red.')).toMatchObject({ unchanged: true, replaces: false });
    expect(await send('The mast is green.')).toMatchObject({ unchanged: false, replaces: true });
    await send('The mast is red.');
    const deny = { principal: 'person:ada', on: 'harbour', effect: 'deny' } as const;
    await services.access.grant(actor, deny);
    try {
      const [same, other] = [await send('The mast is red.'), await send('The mast is blue.')];
      expect(same).toEqual({ ...other, stage: same.stage });
      expect(same).toMatchObject({ unchanged: false, replaces: false });
    } finally {
      await services.access.revoke(actor, deny);
    }
  }, 60_000);

  it('a question sent under the key of another one is refused, before that is answered and after', async () => {
    const { desk } = services;
    const other = { ...QUESTION, question: 'When is coffee served?' };
    const { answerId, isNew } = await desk.accept(actor, 'key-0001', QUESTION);
    expect([isNew, await desk.accept(actor, 'key-0001', QUESTION)]).toEqual([
      true,
      { answerId, isNew: false },
    ]);
    await expect(desk.accept(actor, 'key-0001', other)).rejects.toMatchObject({ code: 'conflict' });
    await desk.make(actor, answerId, () => undefined);
    await expect(desk.accept(actor, 'key-0001', other)).rejects.toMatchObject({ code: 'conflict' });
    expect(await desk.accept(actor, 'key-0001', QUESTION)).toEqual({ answerId, isNew: false });
  }, 60_000);

  it('law-1: a stream sends nothing of an answer to whose session or key has ended', async () => {
    const { answerId, sentences } = await services.answering.ask(actor, QUESTION);
    const listen = async (admit: () => Promise<SignedIn>): Promise<string> => {
      const server = createServer((_, response) => {
        const listener = { person: actor, id: answerId, last: undefined, admit };
        void services.answerStream.send(listener, response as Response);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        const { port } = server.address() as AddressInfo;
        return await (await fetch(`http://127.0.0.1:${port}`)).text();
      } finally {
        server.close();
      }
    };
    const quote = sentences[0]?.text ?? '';
    expect(await listen(() => Promise.resolve(actor))).toContain(quote);
    const ended = await listen(() => Promise.reject(new DomainError('auth.required', 'Sign in first.')));
    expect(ended).toContain('auth.required');
    expect(ended).not.toContain(quote);
  }, 60_000);
});
