import { channel } from 'node:diagnostics_channel';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ToolContract } from '@belay/contracts';
import { DEFINITION, hostileContract } from '@belay/testing/hostile-peer';
import { guardedFetch, isPublic, publicAddresses } from './guarded-fetch.js';
import { type Departure, leaving } from './leaving.js';
import { NotSentError } from './not-sent-error.js';
import type { ToolCall } from './call-tool.js';
import { PeerPool } from './peer-pool.js';

const MB = 2 ** 20;
const LARGEST = 16 * MB;

const opened: TcpServer[] = [];
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
afterAll(async () => {
  for (const server of opened) if ('closeAllConnections' in server) (server as Server).closeAllConnections();
  await Promise.all(opened.map((server) => new Promise((resolve) => server.close(resolve))));
});

describe('addresses', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '100.64.0.1',
    '198.18.0.1',
    '192.0.0.8',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fd00::1',
    'fe80::1%eth0',
    'fec0::1',
    '::ffff:127.0.0.1',
    // As the system writes ::7f00:1.
    '::127.0.0.1',
    '::7f00:1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '2002:7f00:1::1',
    '100::1',
    '3fff::1',
    '5f00::1',
    'no address',
  ])('of %s are not public', (address) => expect(isPublic(address)).toBe(false));

  it.each(['8.8.8.8', '::ffff:8.8.8.8', '2606:4700::1111'])('of %s are', (address) =>
    expect(isPublic(address)).toBe(true),
  );

  it.each([
    'http://127.0.0.1:8123/',
    'http://[::1]:8123/',
    'http://[::127.0.0.1]:8123/',
    'http://localhost:8123/',
    'http://2130706433:8123/',
    'http://0x7f.1:8123/',
  ])('such as %s are not asked without leave', async (url) => {
    const reason = await guardedFetch({ privateNetwork: false })(url).catch((error: Error) => error);
    const { message, cause } = reason as Error & { cause?: Error };
    expect(`${message} ${cause?.message ?? ''}`).toMatch(/private network/);
  });

  it('are connected to as they were judged: a name is looked up once', async () => {
    const judged = (options: object): Promise<unknown[]> =>
      new Promise((resolve) => publicAddresses('8.8.8.8', options, (...answer) => resolve(answer)));
    expect(await judged({ all: true })).toEqual([null, [{ address: '8.8.8.8', family: 4 }]]);
    expect(await judged({})).toEqual([null, '8.8.8.8', 4]);
    expect(await judged({ all: false, family: 4 })).toEqual([null, '8.8.8.8', 4]);
  });
});

describe('a reply over HTTP', () => {
  const ask = guardedFetch({ privateNetwork: true });

  it.each([301, 302, 303, 307, 308])('that leads elsewhere (%i) is not followed', async (code) => {
    let asked = 0;
    const elsewhere = await serve((_, response) => void ((asked += 1), response.end('secret')));
    const url = await serve((_, response) => void response.writeHead(code, { location: elsewhere }).end());
    await expect(ask(url, { method: 'POST', body: '{}' })).rejects.toThrow(/sends the request elsewhere/);
    expect(asked).toBe(0);
  });

  it('without end is read to its bound', async () => {
    let sent = 0;
    const url = await serve((_, response) => {
      const more = (): void => {
        while (!response.destroyed) {
          sent += MB;
          if (!response.write(Buffer.alloc(MB, 1))) break;
        }
      };
      response.on('drain', more);
      more();
    });
    await expect((await ask(url)).text()).rejects.toThrow(/too large/);
    expect(sent).toBeLessThan(4 * LARGEST);
  });

  it('that is small only as it travels is too large', async () => {
    const body = gzipSync(Buffer.alloc(4 * LARGEST));
    expect(body.length).toBeLessThan(MB);
    const url = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(body),
    );
    await expect((await ask(url)).text()).rejects.toThrow(/too large/);
  });
});

describe('a call over HTTP', () => {
  const pool = new PeerPool('/nowhere');
  afterAll(() => pool.close());
  let behave: (response: ServerResponse) => void;
  let url: string;
  let elsewhere = 0;
  let closes = false;
  const said: string[] = [];
  let other: string;

  const json = (response: ServerResponse, id: number, result: object): void =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  const STARTS: Readonly<Record<string, object>> = {
    initialize: {
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 'raw', version: '1' },
    },
    'tools/list': { tools: [DEFINITION] },
  };
  beforeAll(async () => {
    other = await serve((_, response) => void ((elsewhere += 1), response.end()));
    url = await serve((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        if (request.method !== 'POST') return void response.writeHead(405).end();
        if (closes) response.setHeader('connection', 'close');
        const { id, method } = JSON.parse(text) as { id?: number; method: string };
        said.push(method);
        if (id === undefined) return void response.writeHead(202).end();
        const result = STARTS[method];
        if (result) return json(response, id, result);
        if (method === 'tools/call') return behave(response);
        return void response.writeHead(400).end();
      });
    });
  });

  const stream = (response: ServerResponse, type: string): ServerResponse =>
    response.writeHead(200, { 'content-type': type });
  const callOf = (more: object = {}): ToolCall => {
    const artifact = { artifact: 'a', integrity: `sha256:${'0'.repeat(64)}`, entry: 'e' };
    const document = ToolContract.parse(hostileContract(artifact, '2025', '', 'a'));
    const contract = ToolContract.parse({
      ...document,
      peer: { id: 'raw', transport: 'http', url, privateNetwork: true },
      limits: { ...document.limits, timeoutMs: 2000 },
    });
    return { holder: '1:1', contract, definition: DEFINITION, arguments: {}, key: 'k', ...more };
  };

  it('is told to its server that it was cancelled, before the connection is closed', async () => {
    const gone = new AbortController();
    behave = (): void => gone.abort();
    said.length = 0;
    expect(await pool.call(callOf({ signal: gone.signal }))).toMatchObject({ kind: 'unknown' });
    expect(said).toContain('notifications/cancelled');
  });

  it('law-5: is asked for again when there is a connection, and does not leave where it may not', async () => {
    let calls = 0;
    behave = (response): void => void ((calls += 1), response.end());
    let asked = 0;
    const mayLeave = (): boolean => (asked += 1) === 1;
    expect(await pool.call(callOf({ mayLeave }))).toEqual({
      kind: 'not-sent',
      reason: 'The call was cancelled before it was sent.',
    });
    expect([asked > 1, calls]).toEqual([true, 0]);
    await pool.call(callOf({ mayLeave: () => true }));
    expect(calls).toBe(1);
  });

  it('law-5: does not leave any more when it was given up while its connection came about', async () => {
    let calls = 0;
    behave = (response): void => void ((calls += 1), response.end());
    closes = true;
    const gone = new AbortController();
    const connecting = (): void => gone.abort();
    // Each request needs a connection of its own; the first one is for what the server offers.
    await pool.offer(callOf().contract.peer, '1:1');
    const ready = async (): Promise<void> => channel('undici:client:beforeConnect').subscribe(connecting);
    const outcome = await pool.call(callOf({ signal: gone.signal, ready }));
    channel('undici:client:beforeConnect').unsubscribe(connecting);
    expect(outcome).toMatchObject({ kind: 'not-sent' });
    closes = false;
    await pool.call(callOf());
    expect(calls).toBe(1);
  });

  it('law-5: has left once its connection is there, and not before', async () => {
    const silent = createTcpServer((socket) => void setTimeout(() => socket.destroy(), 3000));
    opened.push(silent);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const left = async (scheme: string): Promise<Departure> => {
      const departure: Departure = { mayLeave: () => true };
      const init = { method: 'POST', body: '{}', signal: AbortSignal.timeout(500) };
      const asked = leaving.run(departure, () =>
        guardedFetch({ privateNetwork: true })(`${scheme}://127.0.0.1:${port}/`, init),
      );
      await expect(asked).rejects.toThrow();
      return departure;
    };
    // It waits for a handshake that never comes; without one, for an answer.
    expect(await left('https')).toMatchObject({ hasLeft: false });
    expect(await left('http')).toMatchObject({ hasLeft: true });
  });

  it('law-5: certainly did not leave where no connection came about, and only there', async () => {
    const ask = guardedFetch({ privateNetwork: true });
    const breaking = await serve((request) => request.socket.resetAndDestroy());
    await expect(ask(breaking, { method: 'POST', body: '{}' })).rejects.not.toBeInstanceOf(NotSentError);
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    for (const host of ['127.0.0.1', 'localhost', 'name.invalid'])
      await expect(ask(`http://${host}:${port}/`)).rejects.toBeInstanceOf(NotSentError);
  });

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['never answers', () => undefined, /within the time/],
    [
      'drips',
      (response) => {
        stream(response, 'application/json');
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(drip));
      },
      /within the time/,
    ],
    [
      'sends comments for ever',
      (response) => {
        stream(response, 'text/event-stream');
        const drip = setInterval(() => response.write(': still here\n\n'), 20);
        response.on('close', () => clearInterval(drip));
      },
      /within the time/,
    ],
    [
      'answers without end',
      (response) => {
        stream(response, 'application/json').write('{"x":"');
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(MB, 120)));
        };
        response.on('drain', more);
        more();
      },
      /broke the connection|within the time/,
    ],
    [
      'breaks off',
      (response) => void stream(response, 'application/json').write('{"jsonrpc"', () => response.destroy()),
      /broke the connection/,
    ],
    [
      'leads elsewhere',
      (response) => void response.writeHead(307, { location: other }).end(),
      /broke the connection/,
    ],
  ])('of a server that %s has an unknown outcome in time', async (_name, how, reason) => {
    behave = how;
    expect(await pool.call(callOf())).toMatchObject({
      kind: 'unknown',
      reason: expect.stringMatching(reason),
    });
    expect(elsewhere).toBe(0);
  });
});
