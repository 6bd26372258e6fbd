import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '@belay/config';
import { migrate, sql } from '@belay/database';
import type { SignedIn } from '@belay/identity';
import { connectRedis, type Redis } from '@belay/queue';
import { type Stack, startStack } from '@belay/testing/stack';
import type { INestApplication } from '@nestjs/common';
import { createApp } from '../create-app.js';
import { createServices, type Services } from '../services.js';

const SYSTEM = { tenant: 1, person: 0 };
const PASSWORD = 'long enough a password';
const TOO_MANY = 429;

describe('signing in', () => {
  let stack: Stack;
  let services: Services;
  let redis: Redis;
  let app: INestApplication;
  let url: string;

  /** Sends to the API from an address of this machine; the status that comes back, and the cookies that it sets. */
  async function send(
    from: string,
    path: string,
    body: object,
    cookie = '',
    { method = 'POST', forwarded }: { method?: string; forwarded?: string } = {},
  ): Promise<[number, string[], string]> {
    const headers = {
      'x-belay-request': '1',
      'content-type': 'application/json',
      cookie,
      ...(forwarded !== undefined && { 'x-forwarded-for': forwarded, host: 'belay.example' }),
    };
    const sent = request(`${url}/v1/${path}`, { method, localAddress: from, headers, agent: false });
    sent.end(JSON.stringify(body));
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const said = await text(answer);
    return [answer.statusCode ?? 0, answer.headers['set-cookie'] ?? [], said];
  }
  const post = async (from: string, path: string, body: object, cookie = ''): Promise<number> =>
    (await send(from, path, body, cookie))[0];
  const signIn = (from: string, name: string, password: string, browser = ''): Promise<number> =>
    post(from, 'session', { name, password }, browser);
  /** The cookie that the browser is known by which somebody signed in with. */
  async function browserOf(name: string, browser = ''): Promise<string> {
    const [, cookies] = await send('127.0.0.1', 'session', { name, password: PASSWORD }, browser);
    return cookies.map((cookie) => cookie.split(';')[0] ?? '').find((one) => one.startsWith('belay_b')) ?? '';
  }
  const invite = async (name: string): Promise<string> =>
    (await services.identity.addPerson(SYSTEM, { name, displayName: name, roles: ['member'] })).token;
  async function personOf(cookie: string): Promise<SignedIn> {
    const found = await services.sessions.authenticate(1, { session: cookie.split('=')[1] ?? '' });
    if (!found) throw new Error('the session does not hold');
    return found;
  }
  const addressNumber = (last: number): string => `127.0.0.${last}`;

  beforeAll(async () => {
    stack = await startStack('embedded');
    await migrate(stack.connection);
    const config = loadConfig(stack.environment);
    services = createServices(config);
    redis = connectRedis(config);
    await services.identity.prepareTenant(1);
    for (const name of ['ada', 'ben'])
      await services.sessions.acceptInvitation(1, await invite(name), PASSWORD);
    app = await createApp(services);
    await app.listen(0, '127.0.0.1');
    url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  }, 120_000);
  beforeEach(async () => {
    const counted = await redis.keys('belay:1:limit:*');
    if (counted.length > 0) await redis.del(counted);
  });
  afterAll(async () => {
    redis?.disconnect();
    await app?.close();
    await services?.close();
    await stack?.stop();
  }, 60_000);

  it('a flood from one address keeps nobody elsewhere from signing in, and stops being looked at', async () => {
    let stop = false;
    const seen = new Set<number>();
    const flood = Array.from({ length: 60 }, async (_, who) => {
      for (let turn = 0; !stop; turn += 1)
        seen.add(await signIn('127.0.0.1', `stranger${who}.${turn}`, 'wrong password'));
    });
    const statuses: number[] = [];
    for (let time = 0; time < 5; time += 1) statuses.push(await signIn('127.0.0.2', 'ada', PASSWORD));
    stop = true;
    await Promise.all(flood);
    expect(new Set(statuses)).toEqual(new Set([204]));
    expect([...seen].sort()).toEqual([401, TOO_MANY]);
  }, 120_000);

  it('an address from which many fail is refused, but for browsers that their person signed in with', async () => {
    const adas = await browserOf('ada');
    for (const guessable of ['belay_browser=', 'belay_browser=x'])
      expect(await browserOf('ben', guessable)).toMatch(/^belay_browser=[\w-]{43}$/);
    for (let time = 0; time < 49; time += 1) await services.limiter.take('failed-at:127.0.0.1', 1, 60);
    expect(await signIn('127.0.0.1', 'stranger', 'wrong password')).toBe(401);
    expect(await signIn('127.0.0.1', 'another', 'wrong password')).toBe(TOO_MANY);
    // Nobody else is told who signs in there.
    for (const name of ['ada', 'ben', 'nobody'])
      expect(await signIn('127.0.0.1', name, PASSWORD)).toBe(TOO_MANY);
    expect(await signIn('127.0.0.1', 'ben', PASSWORD, adas)).toBe(TOO_MANY);
    expect(await signIn('127.0.0.1', 'ada', PASSWORD, adas)).toBe(204);
    expect(await signIn('127.0.0.2', 'ben', PASSWORD)).toBe(204);
  });

  it('whoever guesses from many addresses is refused, and locks the person out from none that did not', async () => {
    const bens = await browserOf('ben');
    for (let from = 2; from <= 11; from += 1)
      expect(await signIn(addressNumber(from), 'ben', 'wrong password')).toBe(401);
    for (let more = 11; more < 100; more += 1) await services.limiter.take('sign-in:ben', 100, 60);
    for (let from = 2; from <= 11; from += 1)
      expect(await signIn(addressNumber(from), 'ben', PASSWORD)).toBe(403);
    expect(await signIn('127.0.0.2', 'ben', PASSWORD, bens)).toBe(204);
    expect(await signIn('127.0.0.99', 'ben', PASSWORD)).toBe(204);
    // From new addresses no more than thirty more are tried.
    const tried = Array.from({ length: 40 }, (_, n) =>
      signIn(addressNumber(100 + n), 'ben', 'wrong password'),
    );
    const statuses = await Promise.all(tried);
    expect(statuses.filter((status) => status === 401).length).toBe(29);
    expect(await signIn('127.0.0.2', 'ben', PASSWORD, bens)).toBe(204);
  }, 120_000);

  it('of one name ten passwords are tried from an address, and ten with a browser that is known', async () => {
    const adas = await browserOf('ada');
    expect(await browserOf('ada', adas)).toBe(adas);
    for (const browser of ['', adas])
      for (let time = 0; time < 9; time += 1)
        expect(await signIn('127.0.0.1', 'ada', 'wrong password', browser)).toBe(401);
    expect(await signIn('127.0.0.1', 'ada', PASSWORD)).toBe(403);
    expect(await signIn('127.0.0.2', 'ada', PASSWORD, adas)).toBe(403);
    expect(await signIn('127.0.0.2', 'ada', PASSWORD)).toBe(204);
  });

  it('no name that is typed counts as another one at an address', async () => {
    for (let from = 2; from <= 11; from += 1)
      await signIn(addressNumber(from), 'ada:127.0.0.1', 'wrong password');
    expect(await signIn('127.0.0.1', 'ada', PASSWORD)).toBe(204);
  });

  it('invitations that are none keep nobody from accepting one', async () => {
    const token = await invite('cleo');
    for (let time = 0; time < 20; time += 1) {
      const none = { token: `no-invitation-${time}`, password: PASSWORD };
      expect(await post('127.0.0.1', 'invitations/accept', none)).toBe(404);
      expect(await post('127.0.0.1', 'invitations/show', none)).toBe(404);
    }
    expect(await post('127.0.0.1', 'invitations/show', { token })).toBe(200);
    expect(await post('127.0.0.1', 'invitations/accept', { token, password: PASSWORD })).toBe(204);
  });

  describe('with another password', () => {
    const NEXT = 'another long password';
    let session: string;
    const change = (cookie: string, current: string, password: string): ReturnType<typeof send> =>
      send('127.0.0.1', 'session/password', { current, password }, cookie, { method: 'PUT' });
    const sessionOf = (cookies: readonly string[]): string =>
      cookies.map((cookie) => cookie.split(';')[0] ?? '').find((one) => one.startsWith('belay_s')) ?? '';
    const works = async (cookie: string): Promise<boolean> =>
      (await fetch(`${url}/v1/session`, { headers: { cookie } })).ok;

    beforeAll(async () => {
      await services.sessions.acceptInvitation(1, await invite('dot'), PASSWORD);
      session = sessionOf((await send('127.0.0.1', 'session', { name: 'dot', password: PASSWORD }))[1]);
    });

    it('whoever does not know the present one changes nothing, and is counted like one who signs in', async () => {
      const [status, cookies, said] = await change(session, 'no such password', NEXT);
      expect([status, cookies]).toEqual([401, []]);
      expect(said).toContain('That is not the password that you have.');
      expect((await change(session, PASSWORD, 'short'))[0]).toBe(400);
      expect((await change('', PASSWORD, NEXT))[0]).toBe(401);
      const key = await services.sessions.addKey(await personOf(session), session.split('=')[1] ?? '', {
        label: 'key',
        actions: ['read', 'write'],
        days: 1,
      });
      const keyed = await fetch(`${url}/v1/session/password`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${key.key ?? ''}`, 'content-type': 'application/json' },
        body: JSON.stringify({ current: PASSWORD, password: NEXT }),
      });
      expect(keyed.status).toBe(403);
      expect(await works(session)).toBe(true);
      for (let time = 0; time < 9; time += 1)
        expect((await change(session, 'no such password', NEXT))[0]).toBe(401);
      expect((await change(session, PASSWORD, NEXT))[0]).toBe(403);
      expect(await signIn('127.0.0.2', 'dot', PASSWORD)).toBe(204);
    }, 60_000);

    it('ends what worked before but for the session that it gives, is the one that counts, and is on the ledger', async () => {
      const set = (person: number): Promise<{ payload: string }[]> =>
        services.database.transaction({ role: 'api', tenant: 1 }, (tx) =>
          tx.many(sql`select p.payload from audit_leaf l join audit_payload p using (tenant_id, leaf_id)
            where l.tenant_id = 1 and l.header::jsonb->>'type' = 'identity.change'
              and (l.header::jsonb->>'actor')::int = ${person} and p.payload like '%password.set%'`),
        );
      const { person } = await personOf(session);
      const before = await set(person);
      const [status, cookies] = await change(session, PASSWORD, NEXT);
      expect(status).toBe(204);
      expect(await set(person)).toHaveLength(before.length + 1);
      expect(await works(session)).toBe(false);
      expect(await works(sessionOf(cookies))).toBe(true);
      expect(await signIn('127.0.0.2', 'dot', PASSWORD)).toBe(401);
      expect(await signIn('127.0.0.2', 'dot', NEXT)).toBe(204);
      expect(await services.sessions.listKeys(await personOf(sessionOf(cookies)))).toEqual([]);
    }, 60_000);

    it('two at once change it once', async () => {
      const [, cookies] = await send('127.0.0.3', 'session', { name: 'dot', password: NEXT });
      const both = [1, 2].map((n) => change(sessionOf(cookies), NEXT, `${NEXT} ${n}`));
      const statuses = (await Promise.all(both)).map(([status]) => status);
      expect(statuses.sort()).toEqual([204, 401]);
    }, 60_000);
  });

  describe('behind a proxy', () => {
    let before: string;
    let proxied: INestApplication;
    beforeAll(async () => {
      proxied = await createApp({
        ...services,
        config: { ...services.config, trustedProxies: ['127.0.0.8/31'] },
      });
      await proxied.listen(0, '127.0.0.1');
      [before, url] = [url, (await proxied.getUrl()).replace('[::1]', '127.0.0.1')];
    });
    afterAll(async () => {
      url = before;
      await proxied?.close();
    });
    const through = async (proxy: string, forwarded: string, password: string): Promise<number> =>
      (await send(proxy, 'session', { name: 'ada', password }, '', { forwarded }))[0];

    it('each comes from the address that it says, whatever they say themselves', async () => {
      for (let time = 0; time < 10; time += 1)
        expect(await through('127.0.0.8', `203.0.113.${time}, 198.51.100.7`, 'wrong password')).toBe(401);
      expect(await through('127.0.0.8', '203.0.113.99, 198.51.100.7', PASSWORD)).toBe(403);
      expect(await through('127.0.0.8', '198.51.100.8', PASSWORD)).toBe(204);
    }, 60_000);

    it('one that nobody named is not believed', async () => {
      for (let time = 0; time < 10; time += 1)
        expect(await through('127.0.0.10', `203.0.113.${time}`, 'wrong password')).toBe(401);
      expect(await through('127.0.0.10', '203.0.113.99', PASSWORD)).toBe(403);
    }, 60_000);

    it('a server that no proxy stands before answers to its own name only', async () => {
      url = before;
      expect(
        (
          await send('127.0.0.1', 'session', { name: 'ada', password: PASSWORD }, '', {
            forwarded: '203.0.113.1',
          })
        )[0],
      ).toBe(403);
    });
  });
});
