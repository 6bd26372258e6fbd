import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '@belay/config';
import { Answer, Document, SearchResponse } from '@belay/contracts';
import { migrate } from '@belay/database';
import { type Stack, startStack } from '@belay/testing/stack';
import { writePdf } from '@belay/testing/write-pdf';
import type { INestApplication } from '@nestjs/common';
import { z } from 'zod';
import { createApp } from './create-app.js';
import { createServices, type Services } from './services.js';

// What users of other products reported, by their issue: docs/regressions.md lists all of them.
const WORKER = fileURLToPath(new URL('../../worker/dist/main.js', import.meta.url));
const SYSTEM = { tenant: 1, person: 0 };
const PUMP = 'The impeller of the Kerblax pump is replaced every 4,000 hours.';
const VALVE = 'The Kerblax valve is greased on the second Tuesday of each month.';
const QUESTION = 'How often is the impeller of the Kerblax pump replaced?';

describe('what others suffered from', () => {
  let stack: Stack;
  let services: Services;
  let app: INestApplication;
  let address: string;
  const cookies: Record<string, string> = {};

  const send = async (as: string, method: string, path: string, body?: object): Promise<Response> =>
    fetch(`${address}/v1/${path}`, {
      method,
      headers: {
        ...(as.startsWith('belay_') ? { authorization: `Bearer ${as}` } : { cookie: cookies[as] ?? '' }),
        'x-belay-request': '1',
        ...(body && !(body instanceof FormData) && { 'content-type': 'application/json' }),
      },
      ...(body && { body: body instanceof FormData ? body : JSON.stringify(body) }),
    });
  const ask = async (as: string, question: string, collection?: string): Promise<Answer> =>
    Answer.parse(await (await send(as, 'POST', 'answers', { question, collection })).json());
  const search = async (
    as: string,
    query: string,
    collection?: string,
  ): Promise<SearchResponse['results']> => {
    const found = await send(as, 'POST', 'search', { query, collection, route: 'lexical' });
    return SearchResponse.parse(await found.json()).results;
  };
  const listed = async (as: string): Promise<Document[]> =>
    z
      .object({ documents: z.array(Document) })
      .parse(await (await send(as, 'GET', 'documents?limit=100')).json()).documents;

  /** Uploads and waits until it is ready or failed. */
  async function upload(
    as: string,
    collection: string,
    path: string,
    bytes: string | Buffer,
  ): Promise<Document> {
    const form = new FormData();
    form.set('collection', collection);
    form.set('path', path);
    form.set('file', new Blob([bytes]), 'file');
    const { id } = z
      .object({ id: z.string() })
      .parse(await (await send(as, 'POST', 'documents', form)).json());
    return settled(as, id);
  }
  async function settled(as: string, id: string): Promise<Document> {
    for (;;) {
      const row = Document.parse(await (await send(as, 'GET', `documents/${id}`)).json());
      if (row.stage === 'ready' || row.stage === 'failed') return row;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  beforeAll(async () => {
    stack = await startStack('embedded');
    await migrate(stack.connection);
    const environment = { ...process.env, ...stack.environment, BELAY_LOG: 'info' };
    await stack.start(process.execPath, [WORKER], 'worker.ready', environment);
    services = createServices(loadConfig(stack.environment));
    await services.identity.prepareTenant(1);
    for (const name of ['root', 'ann', 'ben', 'cas']) {
      const roles = name === 'root' ? (['member', 'admin'] as const) : (['member'] as const);
      await services.identity.addPerson(SYSTEM, { name, displayName: name, roles: [...roles] });
      cookies[name] = `belay_session=${await services.sessions.signInDemo(1, name)}`;
    }
    await services.identity.addGroup(SYSTEM, { name: 'crew', title: 'Crew' });
    await services.identity.changeMembers(SYSTEM, 'crew', { add: ['person:cas'], remove: [] });
    app = await createApp(services);
    await app.listen(0, '127.0.0.1');
    address = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    for (const [owner, name] of [
      ['ann', 'plant'],
      ['ben', 'bens'],
    ] as const)
      await send(owner, 'POST', 'collections', { name, title: name });
    await upload('ann', 'plant', 'pump.md', PUMP);
    await upload('ann', 'plant', 'valve.md', VALVE);
  }, 120_000);
  afterAll(async () => {
    await app?.close();
    await services?.close();
    await stack?.stop();
  }, 60_000);

  it('open-webui#4601: a document without text is no reason to answer from somebody else’s', async () => {
    const empty = await upload('ben', 'bens', 'empty.pdf', writePdf([[]]));
    expect(empty).toMatchObject({ stage: 'failed', error: { code: 'documents.empty' } });
    for (const collection of ['bens', undefined])
      expect(await ask('ben', QUESTION, collection)).toMatchObject({ outcome: 'abstained', sentences: [] });
  });

  it('open-webui#4855: nobody lists, reads or changes the files of others', async () => {
    const [row] = await listed('ann');
    expect(await listed('ben')).toHaveLength(1);
    for (const path of ['', '/content', '/original'])
      expect((await send('ben', 'GET', `documents/${row?.id}${path}`)).status).toBe(404);
    expect((await send('ben', 'DELETE', `documents/${row?.id}`)).status).toBe(404);
    expect((await send('ben', 'POST', `documents/${row?.id}/retry`)).status).toBe(404);
  });

  it('open-webui#17669, open-webui#23452: to name a collection opens none, and says nothing of it', async () => {
    const shape = async (collection: string): Promise<unknown[]> => {
      const answers = [
        await send('ben', 'POST', 'search', { query: QUESTION, collection }),
        await send('ben', 'POST', 'answers', { question: QUESTION, collection }),
        await send('ben', 'GET', `collections/${collection}/retention`),
        await send('ben', 'PUT', `collections/${collection}/threshold`, { threshold: 0.1 }),
        await send('ben', 'GET', `access?on=${collection}`),
      ];
      const texts = await Promise.all(answers.map((answer) => answer.text()));
      return answers.map(({ status }, index) => [
        status,
        texts[index]?.replaceAll(collection, 'NAME').length,
      ]);
    };
    const [hidden, missing] = [await shape('plant'), await shape('plans')];
    expect(hidden).toEqual(missing);
    expect(JSON.stringify(await search('ben', 'Kerblax'))).not.toContain('Kerblax');
  });

  it('dify#41316, dify#34436: a key acts as its person, and within its actions', async () => {
    const made = await send('ben', 'POST', 'api-keys', { label: 'reader', actions: ['read'] });
    const { key } = z.object({ key: z.string() }).parse(await made.json());
    const [row] = await listed('ann');
    expect((await send(key, 'GET', `documents/${row?.id}`)).status).toBe(404);
    expect(await listed(key)).toEqual(await listed('ben'));
    expect((await send(key, 'POST', 'answers', { question: QUESTION })).status).toBe(403);
    expect((await send(key, 'GET', 'people')).status).toBe(403);
    const more = await send(key, 'POST', 'api-keys', { label: 'more', actions: ['administer'] });
    expect(more.status).toBe(403);
  });

  it('anything-llm#1787, #5408, #587: who administers reads nothing by that', async () => {
    expect(await ask('root', QUESTION)).toMatchObject({ outcome: 'abstained', sentences: [] });
    expect(await search('root', 'Kerblax')).toEqual([]);
    expect(JSON.stringify(await listed('root'))).not.toContain('pump.md');
    const [row] = await listed('ann');
    expect((await send('root', 'GET', `documents/${row?.id}/content`)).status).toBe(404);
  });

  it('LibreChat#8322, LibreChat#4999: what is shared with a group is found and answered for its members', async () => {
    expect(await search('cas', 'Kerblax')).toEqual([]);
    await send('ann', 'POST', 'grants', { principal: 'group:crew', on: 'plant' });
    expect((await search('cas', 'Kerblax pump')).map(({ path }) => path)).toContain('pump.md');
    const answer = await ask('cas', QUESTION);
    expect(answer.sentences[0]?.text).toBe(PUMP);
    await send('ann', 'POST', 'grants/revoke', { principal: 'group:crew', on: 'plant' });
    expect(await search('cas', 'Kerblax')).toEqual([]);
  });

  it('onyx#1543, open-webui#10979, #11204, #11592, anything-llm#826, #2027: each sentence cites where it stands', async () => {
    const answer = await ask(
      'ann',
      'When is the Kerblax valve greased and the impeller of the pump replaced?',
    );
    expect(answer.sentences.length).toBeGreaterThan(0);
    for (const { text, citations } of answer.sentences) {
      const [citation, ...others] = citations;
      if (!citation) throw new Error('a sentence has no citation');
      expect(others).toEqual([]);
      const read = await send(
        'ann',
        'GET',
        `documents/${citation.documentId}/content?version=${citation.versionId}`,
      );
      const content = z.object({ text: z.string(), title: z.string() }).parse(await read.json());
      expect(content.text.slice(citation.start, citation.end)).toBe(text);
      expect([citation.quote, citation.title]).toEqual([text, content.title]);
    }
  });

  it('LibreChat#7565, onyx#4786: a citation names document, page and excerpt', async () => {
    const filler = ['A page about nothing that anybody asks for.'];
    const last = 'The Wibblor crane lifts at most nine tonnes.';
    await upload('ann', 'plant', 'crane.pdf', writePdf([filler, filler, [last]]));
    const { sentences } = await ask('ann', 'How many tonnes does the Wibblor crane lift?');
    expect(sentences[0]?.citations[0]).toMatchObject({
      page: 3,
      quote: last,
      title: expect.any(String) as unknown,
    });
  });

  it('dify#10209, dify#28393: what cannot be read fails with its reason, and can be tried again', async () => {
    const broken = await upload('ann', 'plant', 'broken.pdf', '%PDF-1.7\n1 0 obj\n<</Type/Cata');
    expect(broken).toMatchObject({
      stage: 'failed',
      error: { detail: expect.stringContaining('cut off') as unknown },
    });
    expect((await send('ann', 'POST', `documents/${broken.id}/retry`)).ok).toBe(true);
    expect(await settled('ann', broken.id)).toMatchObject({ stage: 'failed' });
    const whole = await upload('ann', 'plant', 'broken.pdf', writePdf([['Whole again, says the Frobnitz.']]));
    expect([whole.id, whole.stage]).toEqual([broken.id, 'ready']);
  });

  it('ragflow#6462, #9503, #9883, #12519: what is deleted is neither found, answered nor cited', async () => {
    const text = 'The Zorkmid gauge is read every morning at seven.';
    const gauge = await upload('ann', 'plant', 'gauge.md', text);
    const question = 'When is the Zorkmid gauge read?';
    const before = await ask('ann', question);
    expect(before.sentences[0]?.text).toBe(text);
    expect((await send('ann', 'DELETE', `documents/${gauge.id}`)).ok).toBe(true);
    expect(await search('ann', 'Zorkmid')).toEqual([]);
    expect(await ask('ann', question)).toMatchObject({ outcome: 'abstained', sentences: [] });
    const reopened = await (await send('ann', 'GET', `answers/${before.answerId}`)).text();
    expect(reopened).not.toContain('seven');
    expect((await send('ann', 'GET', `documents/${gauge.id}`)).status).toBe(404);
  });
});
