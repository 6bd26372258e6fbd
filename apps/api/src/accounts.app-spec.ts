import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recordLeaf } from '@belay/audit';
import { loadConfig } from '@belay/config';
import type { ApiKey } from '@belay/contracts';
import { type Database, migrate } from '@belay/database';
import { type SignedIn, SessionService } from '@belay/identity';
import { databasesInTurn, type Stack, startStack } from '@belay/testing/stack';
import type { INestApplication } from '@nestjs/common';
import { createApp } from './create-app.js';
import { createServices, type Services } from './services.js';

const SYSTEM = { tenant: 1, person: 0 };
const CHANGE = { 'x-belay-request': '1', 'content-type': 'application/json' };

describe.each(databasesInTurn())('accounts on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let services: Services;
  let app: INestApplication;
  let address: string;
  const cookies: Record<string, string> = {};

  async function signIn(name: string): Promise<SignedIn> {
    const session = await services.sessions.signInDemo(1, name);
    cookies[name] = `belay_session=${session}`;
    return (await services.sessions.authenticate(1, { session })) as SignedIn;
  }
  const sessionOf = (name: string): string => cookies[name]?.split('=')[1] ?? '';
  const addKey = (actor: SignedIn): Promise<ApiKey> =>
    services.sessions.addKey(actor, sessionOf(actor.name), { label: 'k', actions: ['ask'], days: 1 });
  const send = (
    method: string,
    path: string,
    as: string,
    body?: object,
    headers: object = CHANGE,
  ): Promise<Response> =>
    fetch(`${address}/v1/${path}`, {
      method,
      headers: { cookie: cookies[as] ?? '', ...headers } as Record<string, string>,
      ...(body && { body: JSON.stringify(body) }),
    });

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    services = createServices(loadConfig(stack.environment));
    await services.identity.prepareTenant(1);
    for (const name of ['root', 'ada', 'ben']) {
      const roles = name === 'root' ? (['member', 'admin'] as const) : (['member'] as const);
      await services.identity.addPerson(SYSTEM, { name, displayName: name, roles: [...roles] });
      await signIn(name);
    }
    app = await createApp(services);
    await app.listen(0, '127.0.0.1');
    address = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  }, 120_000);
  afterAll(async () => {
    await app?.close();
    await services?.close();
    await stack?.stop();
  }, 60_000);

  it('whoever opens the page is told who they are, and nobody is told of somebody else', async () => {
    const seen = async (headers: object): Promise<unknown> => {
      const response = await fetch(`${address}/v1/session/options`, { headers: { ...headers } });
      return ((await response.json()) as { signedIn: unknown }).signedIn;
    };
    const mine = await (await send('GET', 'session', 'ada')).json();
    expect(mine).toMatchObject({ name: 'ada' });
    expect(await seen({ cookie: cookies['ada'] })).toEqual(mine);
    expect([await seen({}), await seen({ cookie: 'belay_session=x' })]).toEqual([null, null]);
  });

  it('the last admin stays one', async () => {
    const answer = await send('PATCH', 'people/root', 'root', { roles: ['member'] });
    expect([answer.status, await answer.json()]).toEqual([
      409,
      expect.objectContaining({ detail: expect.stringContaining('last active admin') as unknown }),
    ]);
    expect((await send('GET', 'people', 'root')).status).toBe(200);
  });

  it('two admins who deactivate each other at once leave one', async () => {
    const person = async (name: string): Promise<{ tenant: number; person: number }> => {
      await services.identity.addPerson(SYSTEM, { name, displayName: name, roles: ['member', 'admin'] });
      return signIn(name);
    };
    const [eve, tom] = [await person('eve'), await person('tom')];
    const deactivate = (actor: { tenant: number; person: number }, name: string): Promise<unknown> =>
      services.identity.changePerson(actor, name, { active: false });
    await deactivate(eve, 'root');
    const both = await Promise.allSettled([deactivate(eve, 'tom'), deactivate(tom, 'eve')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await services.identity.changePerson(SYSTEM, 'root', { active: true });
    await signIn('root');
  });

  /** Sessions of which the first step is done, and something happens before the next. */
  function after(meanwhile: () => Promise<unknown>): SessionService {
    let isFirst = true;
    const database = Object.create(services.database) as Database;
    database.transaction = async (options, work) => {
      const done = await services.database.transaction(options, work);
      if (isFirst) await meanwhile();
      isFirst = false;
      return done;
    };
    return new SessionService(database);
  }

  it('a password that is replaced while it is checked opens nothing', async () => {
    const person = { name: 'zoe', displayName: 'Zoe', roles: ['member' as const] };
    const { token } = await services.identity.addPerson(SYSTEM, person);
    await services.sessions.acceptInvitation(1, token, 'the first password');
    const again = await services.identity.inviteAgain(SYSTEM, 'zoe');
    const slow = after(() => services.sessions.acceptInvitation(1, again.token, 'the second password'));
    await expect(slow.signIn(1, 'zoe', 'the first password')).rejects.toMatchObject({
      code: 'auth.invalid-credentials',
    });
    expect(await services.sessions.signIn(1, 'zoe', 'the second password')).toEqual(expect.any(String));
  });

  it('nor does a person who is deactivated meanwhile get a session or a key that lives on', async () => {
    const zoe = await signIn('zoe');
    const active = (value: boolean): Promise<unknown> =>
      services.identity.changePerson(SYSTEM, 'zoe', { active: value });
    await expect(after(() => active(false)).signInDemo(1, 'zoe')).rejects.toMatchObject({
      code: 'auth.invalid-credentials',
    });
    await expect(addKey(zoe)).rejects.toMatchObject({ code: 'auth.required' });
    await active(true);
  });

  it('an invitation says which name to sign in with, to whoever has the link and while it holds', async () => {
    const person = { name: 'una', displayName: 'Una Una', roles: ['member' as const] };
    const { token } = await services.identity.addPerson(SYSTEM, person);
    const shown = async (link: string): Promise<[number, unknown]> => {
      const answer = await send('POST', 'invitations/show', '', { token: link });
      return [answer.status, await answer.json()];
    };
    expect(await shown(token)).toEqual([200, { name: 'una', displayName: 'Una Una' }]);
    const password = 'long enough a password';
    expect((await send('POST', 'invitations/accept', '', { token, password })).status).toBe(204);
    const spent = await shown(token);
    expect(spent).toEqual(await shown('never-was-a-token'));
    expect(spent[0]).toBe(404);
  });

  it('signs in whoever types their name in capitals or with spaces, and tells nobody which names there are', async () => {
    const statusOf = async (name: string, password: string): Promise<[number, unknown]> => {
      const answer = await send('POST', 'session', '', { name, password });
      return [
        answer.status,
        answer.status === 204 ? '' : ((await answer.json()) as { detail: string }).detail,
      ];
    };
    expect(await statusOf('  Una ', 'long enough a password')).toEqual([204, '']);
    const wrong = [401, 'The name or the password is wrong.'];
    for (const name of ['una', 'UNA', 'nobody', 'Ådmin', 'Una Una'])
      expect(await statusOf(name, 'another password')).toEqual(wrong);
  });

  it('deactivating ends invitations, sessions and keys for good', async () => {
    const { token } = await services.identity.addPerson(SYSTEM, {
      name: 'temp',
      displayName: 'Temp',
      roles: ['member'],
    });
    const temp = await signIn('temp');
    const { key = '' } = await addKey(temp);
    const active = (value: boolean): Promise<Response> =>
      send('PATCH', 'people/temp', 'root', { active: value });
    expect((await active(false)).status).toBe(200);
    const accepted = await send('POST', 'invitations/accept', '', {
      token,
      password: 'long enough a password',
    });
    expect(accepted.status).toBe(404);
    expect((await active(true)).status).toBe(200);
    expect(await services.sessions.authenticate(1, { key })).toBeUndefined();
    expect((await send('GET', 'session', 'temp')).status).toBe(401);
  });

  it('a new password ends the keys that the old one made', async () => {
    const ada = await signIn('ada');
    const { key = '' } = await addKey(ada);
    expect(await services.sessions.authenticate(1, { key })).toBeDefined();
    const { token } = await services.identity.inviteAgain(SYSTEM, 'ada');
    await services.sessions.acceptInvitation(1, token, 'long enough a password');
    expect(await services.sessions.authenticate(1, { key })).toBeUndefined();
    await expect(addKey(ada)).rejects.toMatchObject({ code: 'auth.required' });
    await signIn('ada');
  });

  it('a session that makes keys while another password is set leaves none behind', async () => {
    const { token } = await services.identity.inviteAgain(SYSTEM, 'ada');
    const makeKeys = async (): Promise<void> => {
      for (let status = 201; status === 201;)
        ({ status } = await send('POST', 'api-keys', 'ada', { label: 'k', actions: ['ask'] }));
    };
    const making = Array.from({ length: 8 }, makeKeys);
    const password = 'long enough a password';
    expect((await send('POST', 'invitations/accept', '', { token, password })).status).toBe(204);
    await Promise.all(making);
    expect(await services.sessions.listKeys(await signIn('ada'))).toEqual([]);
  });

  it('a key is for each action once, and its label is kept without the spaces around it', async () => {
    const asked = { label: '  nightly import ', actions: ['ask', 'read', 'ask'] };
    const made = await send('POST', 'api-keys', 'ben', asked);
    expect(await made.json()).toMatchObject({ label: 'nightly import', actions: ['ask', 'read'] });
  });

  it('of one person a hundred keys work, however many are asked for at once, and room is made by taking one back', async () => {
    await services.identity.addPerson(SYSTEM, { name: 'max', displayName: 'Max', roles: ['member'] });
    const max = await signIn('max');
    const all = await Promise.allSettled(Array.from({ length: 110 }, () => addKey(max)));
    const made = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect([made.length, (await services.sessions.listKeys(max)).length]).toEqual([100, 100]);
    const refused = await send('POST', 'api-keys', 'max', { label: 'k', actions: ['ask'] });
    expect([refused.status, await refused.json()]).toEqual([
      409,
      expect.objectContaining({ detail: expect.stringContaining('Take one back') as unknown }),
    ]);
    await services.sessions.removeKey(max, made[0]?.id ?? '');
    expect(await addKey(max)).toMatchObject({ label: 'k' });
  });

  it('law-1: keys are listed for and taken back by their person alone, without their text', async () => {
    const label = 'nightly-import';
    const made = await send('POST', 'api-keys', 'ada', { label, actions: ['read'] });
    const key = (await made.json()) as { id: string; key: string };
    expect(key).toMatchObject({ label, createdAt: expect.stringMatching(/^20/) as unknown });
    const listed = async (as: string): Promise<string> => (await send('GET', 'api-keys', as)).text();
    const mine = await listed('ada');
    expect([mine.includes(key.id), mine.includes(key.key), mine.includes('createdAt')]).toEqual([
      true,
      false,
      true,
    ]);
    for (const other of ['ben', 'root']) {
      expect(await listed(other)).not.toContain(key.id);
      expect((await send('DELETE', `api-keys/${key.id}`, other)).status).toBe(404);
    }
    expect(await services.sessions.authenticate(1, key)).toMatchObject({ name: 'ada' });
    const ledger = await (await send('GET', 'audit/leaves?limit=200', 'root')).text();
    expect([ledger.includes(key.id), ledger.includes(key.key)]).toEqual([true, false]);
    expect((await send('DELETE', 'api-keys/no-id', 'ada')).status).toBe(400);
    expect((await send('DELETE', `api-keys/${key.id}`, 'ada')).status).toBe(204);
    expect(await services.sessions.authenticate(1, key)).toBeUndefined();
  });

  it('a key does no more than its person may, and says what it lacks', async () => {
    const keyFor = async (actions: string[]): Promise<object> => {
      const made = await send('POST', 'api-keys', 'ada', { label: 'k', actions });
      const { key } = (await made.json()) as { key: string };
      return { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    };
    const refusal = async (
      method: string,
      path: string,
      key?: object,
      body?: object,
    ): Promise<[number, string]> => {
      const refused = await send(method, path, key ? '' : 'ada', body, key);
      return [refused.status, ((await refused.json()) as { detail: string }).detail];
    };
    const every = await keyFor(['ask', 'read', 'write', 'act', 'administer']);
    const role = 'You may not administer people and groups. An admin gives the role for it.';
    expect(await refusal('GET', 'people', every)).toEqual([403, role]);
    expect(await refusal('GET', 'people')).toEqual([403, role]);
    const reading = await keyFor(['read']);
    expect(await refusal('POST', 'collections', reading, { name: 'mine', title: 'Mine' })).toEqual([
      403,
      'This key may not change collections: that takes a key with the action "write". Keys are made on the page, under your name, API keys.',
    ]);
    expect(await refusal('GET', 'api-keys', every)).toEqual([
      403,
      'No key may change API keys. Sign in on the page to do that.',
    ]);
  });

  it('a cookie changes nothing without our header, whatever else is sent along', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Basic YTpi' };
    expect((await send('POST', 'collections', 'ada', { name: 'x', title: 'x' }, form)).status).toBe(403);
    const bearer = { 'content-type': 'application/json', authorization: 'Bearer nobody' };
    expect((await send('POST', 'collections', 'ada', { name: 'x', title: 'x' }, bearer)).status).toBe(401);
  });

  it('a character that cannot be stored is the request’s fault', async () => {
    for (const text of ['a\0b', 'a\ud83d b', '\ude00']) {
      for (const [path, body, field] of [
        ['collections', { name: 'nul', title: text }, 'title'],
        ['answers', { question: text }, 'question'],
        ['search', { query: text }, 'query'],
        ['conversations', { title: text }, 'title'],
      ] as const) {
        const refused = await send('POST', path, 'ada', body);
        const { detail } = (await refused.json()) as { detail: string };
        expect([refused.status, detail]).toEqual([
          400,
          expect.stringContaining(`"${field}" holds a character`),
        ]);
      }
    }
    expect((await send('POST', 'conversations', 'ada', { title: 'a 😀' })).status).toBe(201);
  });

  it('nobody loses a collection to another of the same name', async () => {
    const made = async (as: string): Promise<string> => {
      const response = await send('POST', 'collections', as, { name: 'runbooks', title: `of ${as}` });
      return ((await response.json()) as { id: string }).id;
    };
    const [adas, bens] = [await made('ada'), await made('ben')];
    const ownersFor = async (as: string): Promise<unknown> => {
      const { collections } = (await (await send('GET', 'collections', as)).json()) as {
        collections: { id: string; owner: string | null }[];
      };
      const owners = new Map(collections.map(({ id, owner }) => [id, owner]));
      return [owners.get(adas), owners.get(bens)];
    };
    // That somebody else's is called alike is told to nobody who may not see it.
    expect(await ownersFor('ada')).toEqual([null, undefined]);
    const share = { principal: 'everyone', on: 'runbooks', effect: 'allow' };
    expect((await send('POST', 'grants', 'ben', share)).status).toBe(200);
    expect(await ownersFor('ada')).toEqual(['ada', 'ben']);
    expect(await ownersFor('root')).toEqual(['ada', 'ben']);
    expect(await ownersFor('ben')).toEqual([undefined, null]);
    expect((await send('GET', 'access?on=runbooks', 'ada')).status).toBe(200);
    const ambiguous = await send('GET', 'access?on=runbooks', 'root');
    const { detail } = (await ambiguous.json()) as { detail: string };
    expect([ambiguous.status, detail]).toEqual([409, expect.stringContaining(bens)]);
    expect(detail).toContain(adas);
    expect((await send('GET', `access?on=${adas}`, 'root')).status).toBe(200);
    expect((await send('GET', `access?on=${adas}`, 'ben')).status).toBe(404);
    expect(detail).toContain('of ada');
    expect((await send('DELETE', `collections/${bens}`, 'root')).status).toBe(204);
    expect(await ownersFor('ada')).toEqual([null, undefined]);
  });

  it('the ledger is searched by the name and the id of a place alike', async () => {
    const made = await send('POST', 'collections', 'ada', { name: 'ledgers', title: 'Ledgers' });
    const { id } = (await made.json()) as { id: string };
    const folder = await send('POST', 'folders', 'ada', { collection: 'ledgers', path: 'old' });
    expect(folder.status).toBe(204);
    const grant = async (on: string, principal: string): Promise<void> =>
      void (await send('POST', 'grants', 'ada', { principal, on, effect: 'allow' }));
    await grant('ledgers', 'everyone');
    await grant(id, 'person:ben');
    await grant('ledgers/old/', 'everyone');
    await grant(`${id}/old`, 'person:ben');
    const on = async (resource: string): Promise<unknown[]> => {
      const path = `audit/leaves?type=permission&resource=${encodeURIComponent(resource)}`;
      const { leaves } = (await (await send('GET', path, 'root')).json()) as {
        leaves: { resource: string; payload: { value: { what: string } } }[];
      };
      return leaves.map(({ resource: place, payload }) => [place, payload.value.what]).reverse();
    };
    const changes = [
      [id, 'collection.create'],
      [id, 'grant'],
      [id, 'grant'],
    ];
    expect([await on('ledgers'), await on(id)]).toEqual([changes, changes]);
    const below = [
      [`${id}/old`, 'grant'],
      [`${id}/old`, 'grant'],
    ];
    expect([await on('ledgers/old'), await on(`${id}/old`)]).toEqual([below, below]);
    // As earlier versions recorded it: by the name that was typed.
    const typed = { type: 'permission.change', actor: null, payload: { what: 'revoke' } } as const;
    await services.database.transaction({ role: 'api', tenant: 1 }, (tx) =>
      recordLeaf(tx, 1, { ...typed, resource: 'ledgers/old' }),
    );
    expect(await on(`${id}/old`)).toEqual([...below, ['ledgers/old', 'revoke']]);
    expect(await on('ledger')).toEqual([]);
  });

  it('who shares something finds first whose name, or a word of it, begins with what was typed', async () => {
    const people = {
      quentin: 'Quentin Vonq',
      aquila: 'Aquila',
      werner: 'Werner Quast',
      tranquilo: 'Tranquilo',
    };
    for (const [name, displayName] of Object.entries(people))
      await services.identity.addPerson(SYSTEM, { name, displayName, roles: ['member'] });
    const found = await services.identity.listGrantees(1, 'Qu', 10);
    expect(found.map(({ principal }) => principal.split(':')[1])).toEqual([
      'quentin',
      'werner',
      'aquila',
      'tranquilo',
    ]);
  });
});
