import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Accepted,
  AccessView,
  Answer,
  AnswerReceipt,
  AuditReport,
  Conversation,
  Conversations,
  ConversationThread,
  Document,
  ErasedConversation,
  Feedback,
  FeedbackReport,
  ReceiptCheck,
  Receipts,
  Replay,
  Suggestions,
} from '@belay/contracts';
import { Database, migrate, sql } from '@belay/database';
import { readAnswerSet, readRetrievalSet } from '@belay/evaluation';
import { freePort } from '@belay/testing/product';
import { databasesInTurn, type Stack, startStack } from '@belay/testing/stack';
import { z } from 'zod';
import { loadDemo } from './demo.js';
import { exportFeedback } from './evaluation/export-feedback.js';
import { ApiClient } from './http/api-client.js';
import { inParallel } from './in-parallel.js';

// Conversations as people of the demo company have them, over HTTP, with an api that is killed now and then.
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const NOBODY = '00000000-0000-4000-8000-000000000000';
// Conversations at the same time.
const AT_ONCE = 4;
const HOTEL = 'What is the hotel limit per night on business trips?';

const FollowUp = z.object({ first: z.string(), then: z.string(), quote: z.string() });
const Switch = FollowUp.omit({ quote: true });
const read = <T>(name: string, row: z.ZodType<T>): T[] =>
  readFileSync(`${ROOT}apps/cli/fixtures/${name}.jsonl`, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => row.parse(JSON.parse(line)));
// What is asked first, then, and what must be quoted: made for this test, a document a language.
const FOREIGN = [
  [
    'German',
    'Der Werkzeugschuppen in Kiruna öffnet um sieben Uhr. Der Werkzeugschuppen in Narvik öffnet um neun Uhr. Praktikanten dürfen nur mit Begleitung hinein.',
    'Wann öffnet der Werkzeugschuppen in Kiruna?',
    'Und in Narvik?',
    'neun Uhr',
  ],
  [
    'French',
    'La remise à outils de Kiruna ferme à dix-huit heures. Le badge de la remise coûte quarante couronnes. Le badge est valable deux ans.',
    'Combien coûte le badge de la remise à outils ?',
    'Et combien de temps est-il valable ?',
    'valable deux ans',
  ],
  [
    'Spanish',
    'El cobertizo de herramientas de Kiruna cierra a las seis. El depósito por la llave del cobertizo es de doscientas coronas. La llave del cobertizo se devuelve en la recepción.',
    '¿Cuánto es el depósito por la llave del cobertizo de herramientas?',
    '¿Dónde se devuelve?',
    'se devuelve en la recepción',
  ],
] as const;
const plain = (text: string): string => text.replace(/\s+/g, ' ');
const shows = (answer: Answer, quote: string): boolean =>
  answer.sentences.some(({ text }) => plain(text).includes(quote));

describe.each(databasesInTurn())('conversations on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let address: string;
  let startApi: () => Promise<ChildProcess>;
  let api: ChildProcess;
  let employee: ApiClient;
  let engineer: ApiClient;
  let admin: ApiClient;
  const foreign = 'foreign';

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    const port = await freePort();
    const own = { ...stack.environment, BELAY_DEMO: '1', BELAY_LOG: 'info', BELAY_PORT: String(port) };
    const environment = { ...process.env, ...own, BELAY_SAMPLES: `${ROOT}samples` };
    await stack.start(process.execPath, [`${ROOT}apps/worker/dist/main.js`], 'worker.ready', environment);
    startApi = () =>
      stack.start(process.execPath, [`${ROOT}apps/api/dist/main.js`], 'api.ready', environment);
    api = await startApi();
    address = `http://127.0.0.1:${port}`;
    await loadDemo(address, `${ROOT}samples/company`, () => undefined);
    [employee, engineer, admin] = ['employee', 'engineer', 'admin'].map(
      (demoPerson) => new ApiClient(address, { demoPerson }),
    ) as [ApiClient, ApiClient, ApiClient];
    const body = { name: foreign, title: 'In other languages' };
    await employee.run('collections', { method: 'POST', body });
  }, 400_000);
  afterAll(() => stack?.stop(), 60_000);

  const start = async (by = employee): Promise<string> =>
    (await by.call('conversations', Conversation, { method: 'POST', body: {} })).conversationId;
  const ask = (question: string, conversation?: string, by = employee): Promise<Answer> =>
    by.call('answers', Answer, { method: 'POST', body: { question, conversation } });
  const open = (id: string, by = employee): Promise<ConversationThread> =>
    by.call(`conversations/${id}`, ConversationThread);
  const give = (answerId: string, body: object): Promise<Feedback> =>
    employee.call(`answers/${answerId}/feedback`, Feedback, { method: 'PUT', body });
  /** Until every leaf is in the tree, which is whole all the while. */
  const sequenced = async (): Promise<void> => {
    for (let unsequenced = 1; unsequenced > 0;) {
      const report = await admin.call('audit/verify', AuditReport);
      ({ unsequenced } = report);
      expect(report).toMatchObject({ ok: true, problem: null });
    }
  };
  const documentOf = async (title: string): Promise<string> => {
    const { documents } = await admin.call(
      'documents?limit=2000',
      z.object({ documents: z.array(Document) }),
    );
    return documents.find((entry) => entry.title === title)?.id ?? NOBODY;
  };
  const deny = async (id: string, path: 'grants' | 'grants/revoke' = 'grants'): Promise<void> =>
    void (await admin.call(path, AccessView, {
      method: 'POST',
      body: { principal: 'person:employee', on: id, effect: 'deny' },
    }));
  const cookieOf = async (name: string): Promise<string> => {
    const response = await fetch(`${address}/v1/session/demo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-belay-request': '1' },
      body: JSON.stringify({ name }),
    });
    return response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  };
  const stream = async (path: string, cookie: string, headers: object, body?: object): Promise<Response> =>
    fetch(`${address}/v1/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        'x-belay-request': '1',
        cookie,
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });

  it('follow-ups that fail by themselves are answered after what was asked before', async () => {
    const rows = read('follow-ups', FollowUp);
    const wrong: string[] = [];
    let alonePassed = 0;
    await inParallel(rows, AT_ONCE, async ({ first, then, quote }) => {
      const conversation = await start();
      await ask(first, conversation);
      const [alone, inContext] = [await ask(then), await ask(then, conversation)];
      // A better ranker finds some of them without what was asked before; they prove nothing here.
      alonePassed += Number(shows(alone, quote));
      if (!shows(inContext, quote) || !inContext.understoodAs) wrong.push(`in context: ${first} ${then}`);
    });
    expect(wrong).toEqual([]);
    expect(rows.length - alonePassed).toBeGreaterThanOrEqual(30);
  }, 300_000);

  it.each(FOREIGN)(
    'a follow-up in %s is answered after what was asked before',
    async (_, text, first, then, quote) => {
      const form = new FormData();
      form.set('collection', foreign);
      form.set('path', `${quote.length}.txt`);
      form.set('file', new Blob([text]), 'file.txt');
      const { id } = await employee.call('documents', Accepted, { method: 'POST', form });
      while ((await employee.call(`documents/${id}`, Document)).stage !== 'ready')
        await new Promise((resolve) => setTimeout(resolve, 100));
      const conversation = await start();
      await ask(first, conversation);
      const answer = await ask(then, conversation);
      expect({ shows: shows(answer, quote), understoodAs: answer.understoodAs }).toEqual({
        shows: true,
        understoodAs: expect.any(String) as unknown,
      });
    },
  );

  it('a change of topic inherits nothing', async () => {
    const rows = read('topic-switches', Switch);
    expect(rows).toHaveLength(30);
    const differing: string[] = [];
    await inParallel(rows, AT_ONCE, async ({ first, then }) => {
      const conversation = await start();
      await ask(first, conversation);
      const [alone, inContext] = [await ask(then), await ask(then, conversation)];
      const same = JSON.stringify(alone.sentences) === JSON.stringify(inContext.sentences);
      if (!same || inContext.understoodAs !== null) differing.push(then);
    });
    expect(differing).toEqual([]);
  }, 300_000);

  it('law-7: a follow-up is replayed as it was understood', async () => {
    const conversation = await start();
    await ask('Where is the assembly point in Porto?', conversation);
    const { answerId } = await ask('And in Halifax?', conversation);
    const { answerId: third } = await ask('And in Gothenburg?', conversation);
    for (const id of [answerId, third]) {
      const replay = await employee.call(`answers/${id}/replay`, Replay, { method: 'POST' });
      expect(replay).toMatchObject({ matches: true, differences: [], changed: [] });
    }
  }, 60_000);

  it('law-1: a revoked quote lends no word, to the next question or to one already understood', async () => {
    const office = await documentOf('Porto office guide');
    const first = 'Who is the office manager in Porto?';
    const conversation = await start();
    await ask(first, conversation);
    const { answerId, understoodAs } = await ask('What is her extension?', conversation);
    expect(understoodAs).toContain('Beatriz Lomba');
    const untouched = await start();
    await ask(first, untouched);
    await deny(office);
    try {
      const reopened = await employee.call(`answers/${answerId}`, Answer);
      expect(JSON.stringify(reopened)).not.toMatch(/Lomba|Beatriz/);
      expect(JSON.stringify(await open(conversation))).not.toMatch(/Lomba|Beatriz/);
      expect(JSON.stringify(await ask('What is her extension?', untouched))).not.toMatch(/Lomba|Beatriz/);
      expect((await open(conversation)).answers[0]).toMatchObject({
        sentences: [],
        withheld: expect.any(Number) as unknown,
      });
    } finally {
      await deny(office, 'grants/revoke');
    }
    expect(await employee.call(`answers/${answerId}`, Answer)).toMatchObject({ understoodAs });
  }, 60_000);

  it('law-1: a conversation is nobody else’s, the administrator’s neither', async () => {
    const conversation = await start();
    const { answerId } = await ask(HOTEL, conversation);
    for (const other of [engineer, admin]) {
      const refused = [
        () => open(conversation, other),
        () => ask('And for meals?', conversation, other),
        () => other.run(`conversations/${conversation}`, { method: 'DELETE' }),
        () => other.run(`conversations/${conversation}`, { method: 'PATCH', body: { title: 'mine' } }),
        () => other.run(`answers/${answerId}/feedback`, { method: 'PUT', body: { useful: true } }),
        () => other.run(`answers/${answerId}/events`, {}),
      ];
      for (const attempt of refused) await expect(attempt()).rejects.toMatchObject({ status: 404 });
      const { conversations } = await other.call('conversations?search=hotel', Conversations);
      expect(conversations).toEqual([]);
    }
  }, 60_000);

  it('is found by one’s own words, renamed, and erased from the ledger too', async () => {
    const conversation = await start();
    const { answerId } = await ask('How long is a zebra crossing in Porto, 100% sure?', conversation);
    const found = await employee.call(
      `conversations?search=${encodeURIComponent('100% sure')}`,
      Conversations,
    );
    expect(found.conversations.map((entry) => entry.conversationId)).toEqual([conversation]);
    const body = { title: 'Zebras' };
    await employee.call(`conversations/${conversation}`, Conversation, { method: 'PATCH', body });
    expect((await open(conversation)).title).toBe('Zebras');
    const erased = await employee.call(`conversations/${conversation}`, ErasedConversation, {
      method: 'DELETE',
    });
    expect(erased).toEqual({ erasedAnswers: 1 });
    await expect(employee.call(`answers/${answerId}`, Answer)).rejects.toMatchObject({ status: 404 });
    const database = new Database(stack.connection);
    const kept = await database.transaction({ role: 'owner', tenant: 1 }, (tx) =>
      tx.many(sql`select payload from audit_payload where payload like '%zebra crossing%'`),
    );
    await database.close();
    expect(kept).toEqual([]);
    await sequenced();
  }, 60_000);

  it('a single answer is erased with its words, and its receipt can be checked', async () => {
    const conversation = await start();
    const { answerId } = await ask('Where is the assembly point in Porto, quokka?', conversation);
    const then = await ask('And in Halifax?', conversation);
    expect(then.understoodAs).toContain('quokka');
    await give(answerId, { useful: true, reason: 'quokka', shared: true });
    const erase = (by = employee): Promise<AnswerReceipt> =>
      by.call(`answers/${answerId}`, AnswerReceipt, { method: 'DELETE' });
    // Somebody else's answer is like one that nobody has.
    for (const other of [engineer, admin]) await expect(erase(other)).rejects.toMatchObject({ status: 404 });
    const receipt = await erase();
    expect(receipt.removed).toEqual({ question: 1, feedback: 1, ledgerPayload: 1, readings: 1 });
    await expect(erase()).rejects.toMatchObject({ status: 404 });
    await expect(employee.call(`answers/${answerId}`, Answer)).rejects.toMatchObject({ status: 404 });
    const events = await stream(`answers/${answerId}/events`, await cookieOf('employee'), {});
    expect(events.status).toBe(404);
    const thread = await open(conversation);
    expect(thread.answers.map((answer) => answer.answerId)).toEqual([then.answerId]);
    expect(JSON.stringify(thread)).not.toContain('quokka');
    await expect(
      employee.call(`answers/${then.answerId}/replay`, Replay, { method: 'POST' }),
    ).rejects.toMatchObject({ status: 409 });
    const database = new Database(stack.connection);
    const kept = await database.transaction({ role: 'owner', tenant: 1 }, (tx) =>
      tx.many(sql`select 1 as found from audit_payload where payload like '%quokka%'
        union all select 1 from answer_payload p where p::text like '%quokka%'
        union all select 1 from answer a where a::text like '%quokka%'
        union all select 1 from accepted_question q where q::text like '%quokka%'
        union all select 1 from answer_feedback f where f::text like '%quokka%'`),
    );
    await database.close();
    expect(kept).toEqual([]);
    await sequenced();
    const check = (by: ApiClient) => by.call(`receipts/${receipt.leafId}`, ReceiptCheck);
    expect(await check(employee)).toMatchObject({
      ok: true,
      kind: 'answer',
      document: answerId,
      remains: {},
    });
    await expect(check(engineer)).rejects.toMatchObject({ status: 404 });
    const { leafId, removed } = receipt;
    const found = await employee.call('receipts?limit=1', Receipts);
    expect(found.receipts).toMatchObject([{ leafId, removed, kind: 'answer', document: answerId }]);
  }, 60_000);

  it('what is erased while what follows it is being answered is in no reading of that', async () => {
    const conversation = await start();
    const { answerId } = await ask('Where is the assembly point in Porto, zebu?', conversation);
    const following = ask('And in Halifax?', conversation);
    await employee.run(`answers/${answerId}`, { method: 'DELETE' });
    await following;
    expect(JSON.stringify(await open(conversation))).not.toContain('zebu');
  });

  it('onyx#5013: what was erased stays erased when a backup from before is restored', async () => {
    const conversation = await start();
    await ask('Where is the assembly point in Porto, numbat?', conversation);
    const left = await start();
    const single = await ask('Where is the assembly point in Porto, numbat?', left);
    const database = new Database(stack.connection);
    const asOwner = <T extends object>(statement: ReturnType<typeof sql>): Promise<T[]> =>
      database.transaction({ role: 'owner', tenant: 1 }, (tx) => tx.many<T>(statement));
    const words = (): Promise<object[]> =>
      asOwner(sql`select p.answer_id from answer_payload p where p::text like '%numbat%'
        union all select l.leaf_id from audit_payload l where l.payload like '%numbat%'
        union all select c.conversation_id from conversation c where c.conversation_id = ${conversation}`);
    const kept = async (): Promise<Record<string, object[]>> => ({
      conversation: await asOwner(sql`select * from conversation where conversation_id = ${conversation}`),
      answer_payload: await asOwner(sql`select * from answer_payload p where p::text like '%numbat%'`),
      audit_payload: await asOwner(sql`select * from audit_payload where payload like '%numbat%'`),
    });
    const backup = await kept();
    expect(await words()).toHaveLength(5);
    await employee.run(`conversations/${conversation}`, { method: 'DELETE' });
    await employee.run(`answers/${single.answerId}`, { method: 'DELETE' });
    expect(await words()).toEqual([]);
    // The worker writes it down outside of the database.
    for (
      let turn = 0;
      (await asOwner(sql`select from answer_tombstone where not exported`)).length > 0;
      turn += 1
    ) {
      expect(turn).toBeLessThan(400);
      await sleep(50);
    }
    for (const [table, rows] of Object.entries(backup))
      await asOwner({
        text: `insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
        values: [JSON.stringify(rows)],
      });
    expect(await words()).toHaveLength(5);
    api.kill('SIGKILL');
    api = await startApi();
    expect(await words()).toEqual([]);
    await expect(open(conversation)).rejects.toMatchObject({ status: 404 });
    expect((await open(left)).answers).toEqual([]);
    await database.close();
    await sequenced();
  }, 60_000);

  it('useful answers become an evaluation set of what the administrator may read', async () => {
    const readable = await ask('Where is the assembly point in Porto?');
    const forbidden = await ask('How many vacation days do employees get per year?');
    const unshared = await ask('When is the evacuation alarm tested?');
    await give(readable.answerId, { useful: true, shared: true });
    await give(forbidden.answerId, { useful: true, shared: true });
    await give(unshared.answerId, { useful: true });
    const secret = forbidden.sentences[0]?.citations[0]?.documentId ?? NOBODY;
    const denied = { principal: 'person:admin', on: secret, effect: 'deny' };
    await admin.call('grants', AccessView, { method: 'POST', body: denied });
    const folder = join(stack.home, 'feedback');
    try {
      const made = await exportFeedback(admin, folder);
      expect(made).toMatchObject({ questions: 1, unreadable: 1, outdated: 0 });
      await expect(exportFeedback(admin, folder)).rejects.toMatchObject({ exitCode: 2 });
      await expect(exportFeedback(employee, join(stack.home, 'other'))).rejects.toMatchObject({
        status: 403,
      });
    } finally {
      await admin.call('grants/revoke', AccessView, { method: 'POST', body: denied });
    }
    const [citation] = readable.sentences.flatMap(({ citations }) => citations);
    const { questions, corpus } = readAnswerSet(folder);
    expect(questions).toMatchObject([
      {
        _id: readable.answerId,
        question: readable.question,
        doc: citation?.documentId,
        answers: expect.arrayContaining([citation?.quote]) as unknown,
      },
    ]);
    expect([...readRetrievalSet(folder).judgements.keys()]).toEqual([readable.answerId]);
    expect(corpus.map(({ _id }) => _id)).not.toContain(secret);
    expect(corpus.length).toBeGreaterThan(10);
    for (const { answerId } of [readable, forbidden, unshared])
      await employee.run(`answers/${answerId}/feedback`, { method: 'DELETE' });
  }, 120_000);

  it('feedback is changed, taken back, and shown to an administrator only where it is shared', async () => {
    const { answerId } = await ask('What is the secret wish of Kerblax?');
    await give(answerId, { useful: false, reason: 'Kerblax is private' });
    expect(await employee.call(`answers/${answerId}`, Answer)).toMatchObject({
      feedback: { useful: false, reason: 'Kerblax is private', shared: false },
    });
    const report = () => admin.call('feedback', FeedbackReport);
    expect(await report()).toMatchObject({ figures: { notUseful: 1 }, shared: [] });
    expect(JSON.stringify(await report())).not.toContain('Kerblax');
    await give(answerId, { useful: true, shared: true });
    expect((await report()).shared).toMatchObject([{ answerId, useful: true, reason: null }]);
    await expect(employee.call('feedback', FeedbackReport)).rejects.toMatchObject({ status: 403 });
    await employee.run(`answers/${answerId}/feedback`, { method: 'DELETE' });
    expect(await report()).toMatchObject({ figures: { useful: 0, notUseful: 0 }, shared: [] });
  }, 60_000);

  it('law-1: suggestions come from what the person may read at this moment', async () => {
    const suggest = async (by: ApiClient): Promise<string[]> =>
      (await by.call('suggestions', Suggestions)).suggestions;
    const { id } = await admin.call('collections', z.object({ id: z.string() }), {
      method: 'POST',
      body: { name: 'quagga', title: 'Quagga' },
    });
    const form = new FormData();
    form.set('collection', 'quagga');
    form.set('path', 'quagga.md');
    form.set(
      'file',
      new Blob(['# Quagga\n\nThe quagga feeding limit is 12 kilograms per day.']),
      'quagga.md',
    );
    const accepted = await admin.call('documents', z.object({ id: z.string() }), { method: 'POST', form });
    while ((await admin.call(`documents/${accepted.id}`, Document)).stage !== 'ready')
      await new Promise((resolve) => setTimeout(resolve, 100));
    const question = 'What is the quagga feeding limit?';
    expect(await suggest(admin)).toContain(question);
    expect(await suggest(employee)).not.toContain(question);
    const grant = { principal: 'person:employee', on: id };
    await admin.call('grants', AccessView, { method: 'POST', body: grant });
    const shown = await suggest(employee);
    expect(shown).toContain(question);
    await admin.call('grants/revoke', AccessView, { method: 'POST', body: { ...grant, effect: 'allow' } });
    expect(await suggest(employee)).not.toContain(question);
  }, 60_000);

  it('law-5: a question that was accepted by an api that is killed is answered, once', async () => {
    const cookie = await cookieOf('employee');
    const conversation = await start();
    const response = await stream(
      'answers',
      cookie,
      { 'idempotency-key': 'killed-0001' },
      { question: HOTEL, conversation },
    );
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    const answerId = /"answerId":"([0-9a-f-]{36})"/.exec(new TextDecoder().decode(value))?.[1] ?? '';
    api.kill('SIGKILL');
    await reader?.read().catch(() => undefined);
    api = await startApi();
    const resumed = await (
      await stream(`answers/${answerId}/events`, cookie, { 'last-event-id': 'garbage \\u0000 0-0' })
    ).text();
    expect(resumed).toContain('event: answer');
    expect(resumed).toContain('SEK 1,450');
    const again = await (
      await stream('answers', cookie, { 'idempotency-key': 'killed-0001' }, { question: HOTEL, conversation })
    ).text();
    expect(again).toContain(answerId);
    const thread = await open(conversation);
    expect(thread.answers.map((answer) => answer.answerId)).toEqual([answerId]);
    expect(thread.unanswered).toEqual([]);
    const beyond = await stream(`answers/${answerId}/events`, cookie, { 'last-event-id': '9999999999999-0' });
    expect(await beyond.text()).toContain('event: answer');
    const stranger = await stream(`answers/${answerId}/events`, await cookieOf('engineer'), {});
    expect(stranger.status).toBe(404);
  }, 120_000);

  it('law-1: a document that is taken away between two events is in none that follows', async () => {
    const cookie = await cookieOf('employee');
    const response = await (await stream('answers', cookie, {}, { question: HOTEL })).text();
    const [, answerId = ''] = /"answerId":"([0-9a-f-]{36})"/.exec(response) ?? [];
    const [, first = ''] = /^id: (\S+)\nevent: sentence/m.exec(response) ?? [];
    const travel = await documentOf('Travel expenses for staff');
    await deny(travel);
    try {
      const rest = await (
        await stream(`answers/${answerId}/events`, cookie, { 'last-event-id': first })
      ).text();
      expect(rest).toContain('event: answer');
      expect(rest).not.toContain('1,450');
    } finally {
      await deny(travel, 'grants/revoke');
    }
  }, 60_000);

  it('the command line goes on by itself while the api restarts', async () => {
    const asking = employee.ask({ question: HOTEL });
    asking.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 60));
    api.kill('SIGKILL');
    api = await startApi();
    expect(shows(await asking, 'SEK 1,450')).toBe(true);
  }, 120_000);

  it('ragflow#7232, ragflow#8594: citations keep their order and their quotes when a conversation is opened again', async () => {
    const conversation = await start();
    const answers = [
      await ask(HOTEL, conversation),
      await ask('How much is the wellness allowance?', conversation),
    ];
    for (let times = 0; times < 3; times += 1) {
      const { answers: again } = await open(conversation);
      expect(again.map(({ sentences }) => sentences)).toEqual(answers.map(({ sentences }) => sentences));
    }
  }, 60_000);

  it('pipeshub-ai#2975: questions of how many carry their citations, as follow-ups too', async () => {
    const conversation = await start();
    await ask('Can unused vacation days be carried over?', conversation);
    for (const answer of [
      await ask('How many vacation days do employees get per year?'),
      await ask('How many?', conversation),
    ]) {
      expect(answer.outcome).toBe('answered');
      expect(answer.sentences.every(({ citations }) => citations.length === 1)).toBe(true);
    }
  }, 60_000);
});
