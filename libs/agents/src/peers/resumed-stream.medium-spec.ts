import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { ToolContract } from '@belay/contracts';
import { DEFINITION, hostileContract } from '@belay/testing/hostile-peer';
import type { CallOutcome } from './call-outcome.js';
import { KEY_META } from './call-tool.js';
import { PeerPool } from './peer-pool.js';

type Events = NonNullable<ConstructorParameters<typeof StreamableHTTPServerTransport>[0]>['eventStore'];
const RETRY_MS = 300;

/** Keeps what was said on each stream, as the older SDK asks for it where streams can be resumed. */
function eventStore(): Events {
  const kept: { id: string; stream: string; message: object }[] = [];
  return {
    storeEvent: (stream, message) => {
      const id = String(kept.push({ id: String(kept.length + 1), stream, message }));
      return Promise.resolve(id);
    },
    async replayEventsAfter(last, { send }) {
      const at = kept.findIndex(({ id }) => id === last);
      const stream = kept[at]?.stream ?? '';
      for (const event of kept.slice(at + 1))
        if (event.stream === stream && 'jsonrpc' in event.message)
          await send(event.id, event.message as Parameters<typeof send>[1]);
      return stream;
    },
  };
}

/** A server of MCP of the older SDK, whose one tool has an effect, and whose streams break as a test wants. */
class BreakingServer {
  readonly effects: string[] = [];
  /** After which event each broken stream was asked for again. */
  readonly resumed: string[] = [];
  /** What becomes of the call of a key after its effect; it is answered when that is over. */
  readonly after = new Map<string, (stream: ServerResponse) => Promise<void>>();
  /** Takes a request in place of the server, if it wants to. */
  instead: (response: ServerResponse, of: { last: unknown; method: string | undefined }) => boolean = () =>
    false;
  private readonly sessions = new Map<string, StreamableHTTPServerTransport>();
  private readonly streams = new Map<string, ServerResponse>();
  private http: HttpServer | undefined;

  async start(): Promise<string> {
    this.http = createServer((request, response) => void this.answer(request, response)).listen(
      0,
      '127.0.0.1',
    );
    await once(this.http, 'listening');
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.http?.closeAllConnections();
    await new Promise((resolve) => this.http?.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const last = request.headers['last-event-id'];
    if (typeof last === 'string') this.resumed.push(last);
    const id = String(request.headers['mcp-session-id'] ?? '');
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const body =
      text === '' ? undefined : (JSON.parse(text) as { method?: string; params?: { _meta?: object } });
    if (this.instead(response, { last, method: body?.method })) return;
    const transport = this.sessions.get(id) ?? (await this.open());
    const key = (body?.params?._meta as Record<string, unknown> | undefined)?.[KEY_META];
    if (typeof key === 'string') this.streams.set(key, response);
    await transport.handleRequest(request, response, body);
  }

  private async open(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void this.sessions.set(id, transport),
      eventStore: eventStore(),
      retryInterval: RETRY_MS,
    });
    const server = new Server({ name: 'breaking', version: '1' }, { capabilities: { tools: {} } });
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [DEFINITION] as never }));
    server.setRequestHandler(CallToolRequestSchema, async ({ params: { _meta } }) => {
      const key = String(_meta?.[KEY_META]);
      this.effects.push(key);
      const stream = this.streams.get(key);
      if (stream) await this.after.get(key)?.(stream);
      return { content: [], structuredContent: { done: key } };
    });
    await server.connect(transport);
    return transport;
  }
}

/** Once something of a stream has left: its first event, which says after what it can be asked for again. */
const begun = async (stream: ServerResponse): Promise<void> => {
  while ((stream.socket?.bytesWritten ?? 0) === 0 || stream.writableLength > 0) await sleep(5);
  await sleep(20);
};
const ended = async (stream: ServerResponse): Promise<void> => {
  await begun(stream);
  stream.end();
};
const broken = async (stream: ServerResponse): Promise<void> => {
  await begun(stream);
  stream.destroy();
};
const gate = (): { opened: Promise<void>; open: () => void } => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
};

describe('a stream of an answer that breaks', () => {
  const server = new BreakingServer();
  const pool = new PeerPool('/nowhere');
  let url: string;
  const call = (key: string, more: object = {}, timeoutMs = 60_000): Promise<CallOutcome> => {
    const artifact = { artifact: 'a', integrity: `sha256:${'0'.repeat(64)}`, entry: 'e' };
    const document = ToolContract.parse(hostileContract(artifact, '2025', 'honest', 'a'));
    const contract = ToolContract.parse({
      ...document,
      peer: { id: 'breaking', transport: 'http', url, privateNetwork: true },
      limits: { ...document.limits, timeoutMs },
    });
    return pool.call({ holder: '1:1', contract, definition: DEFINITION, arguments: {}, key, ...more });
  };
  const done = (key: string): CallOutcome => ({ kind: 'result', value: { done: key } });

  beforeAll(async () => {
    url = await server.start();
  });
  beforeEach(() => {
    server.effects.length = 0;
    server.resumed.length = 0;
    server.instead = () => false;
  });
  afterAll(async () => {
    await pool.close();
    await server.stop();
  });

  it.each([
    ['ends', ended],
    ['breaks', broken],
  ])('law-5: is asked for again where its connection %s, and the call is made once', async (how, breaks) => {
    server.after.set(how, async (stream) => {
      await breaks(stream);
      while (server.resumed.length === 0) await sleep(5);
    });
    expect(await call(how)).toEqual(done(how));
    expect(server.effects).toEqual([how]);
    expect(server.resumed).toHaveLength(1);
  });

  it('law-3: is not asked for again once its call may not go on, while others of its server do', async () => {
    const [stays, gone] = [gate(), gate()];
    server.after.set('stays', () => stays.opened);
    server.after.set('gone', async (stream) => {
      await broken(stream);
      gone.open();
    });
    const waiting = call('stays');
    const control = new AbortController();
    let isHeld = true;
    const stopped = call('gone', { signal: control.signal, mayLeave: () => isHeld });
    await gone.opened;
    isHeld = false;
    control.abort();
    expect(await stopped).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/cancelled/) });
    // Longer than its server asks to wait.
    await sleep(4 * RETRY_MS);
    expect(server.resumed).toEqual([]);
    stays.open();
    expect(await waiting).toEqual(done('stays'));
    expect(server.effects).toEqual(['stays', 'gone']);
  });

  it('law-3: is asked for again only once somebody looked for switches', async () => {
    let isFresh = true;
    let looks = 0;
    server.after.set('late', async (stream) => {
      isFresh = false;
      await broken(stream);
      while (server.resumed.length === 0) await sleep(5);
    });
    const ready = async (): Promise<void> => {
      looks += 1;
      await sleep(10);
      isFresh = true;
    };
    expect(await call('late', { ready, mayLeave: () => isFresh })).toEqual(done('late'));
    expect(looks).toBe(2);
    expect(server.effects).toEqual(['late']);
  });

  it('is asked for again so often at most, whatever its server says', async () => {
    server.after.set('again', (stream) => broken(stream).then(() => sleep(3000)));
    server.instead = (response, { last }) => {
      if (last === undefined) return false;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('retry: 0\nid: 9\ndata: \n\n');
      return true;
    };
    expect(await call('again', {}, 1500)).toMatchObject({ kind: 'unknown' });
    expect(server.resumed.length).toBeGreaterThan(0);
    expect(server.resumed.length).toBeLessThan(20);
  });

  it('is known to be lost at once where it says nothing that it could be asked for by', async () => {
    server.instead = (response, { method }) => {
      if (method !== 'tools/call') return false;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': nothing\n\n');
      return true;
    };
    expect(await call('lost')).toMatchObject({
      kind: 'unknown',
      reason: expect.stringMatching(/broke the connection/),
    });
  });
});
