import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Peer, ToolContract } from '@belay/contracts';
import { hostileContract } from '@belay/testing/hostile-peer';
import { McpServer as FormerServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { CallOutcome } from './call-outcome.js';
import { installArtifact } from './install-artifact.js';
import { PeerPool } from './peer-pool.js';

jest.setTimeout(120_000);
const ROOT = process.cwd();
let home: string;
let pool: PeerPool;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'belay-sdk-'));
  pool = new PeerPool(home);
});
afterAll(async () => {
  await pool.close();
  rmSync(home, { recursive: true, force: true });
});

async function installed(source: string, more: object): Promise<Peer> {
  const { artifact, integrity, entry } = await installArtifact(source, home, ROOT);
  return Peer.parse({ id: 'real', transport: 'stdio', artifact, integrity, entry, ...more });
}

/** Calls a tool of a real server with a contract of its definition as it is now. */
async function callOf(
  peer: Peer,
  name: string,
  given: Record<string, unknown>,
  more: object = {},
): Promise<CallOutcome> {
  const { tools } = await pool.offer(peer, '1:1');
  const { definition = {}, findings = [] } = tools.find((tool) => tool.name === name) ?? {};
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const basis = hostileContract(
    { artifact: 'a', integrity: `sha256:${'0'.repeat(64)}`, entry: 'e' },
    '2025',
    '',
    'a',
  );
  const contract = ToolContract.parse({
    ...basis,
    peer,
    tool: { ...(basis['tool'] as object), name },
    idempotency: { mode: 'natural' },
    output: { schema: { type: 'object' }, maxBytes: 65_536 },
    ...more,
  });
  return pool.call({ holder: '1:1', contract, definition, arguments: given, key: 'k' });
}
const asText = { output: { from: 'text', schema: { type: 'object' }, maxBytes: 65_536 } };

describe('the reference servers', () => {
  it('filesystem: writes and reads in its folder, refuses what lies outside', async () => {
    const mounts = [{ name: 'files', path: '/data', mode: 'rw' }];
    const files = await installed('npm:@modelcontextprotocol/server-filesystem@2026.8.31', {
      args: ['/data'],
      mounts,
    });
    const path = '/data/note.txt';
    expect(await callOf(files, 'write_file', { path, content: 'one\ntwo' })).toMatchObject({
      kind: 'result',
    });
    expect(readFileSync(join(home, 'peer-data/files/note.txt'), 'utf8')).toBe('one\ntwo');
    expect(await callOf(files, 'read_text_file', { path })).toEqual({
      kind: 'result',
      value: { content: 'one\ntwo' },
    });
    expect(await callOf(files, 'read_text_file', { path: '/etc/hosts' })).toMatchObject({ kind: 'refused' });
    expect(await callOf(files, 'read_text_file', { path: 7 })).toMatchObject({ kind: 'refused' });
  });

  it('memory: keeps entities in its file', async () => {
    const environment = { MEMORY_FILE_PATH: '/data/memory.json' };
    const mounts = [{ name: 'memory', path: '/data', mode: 'rw' }];
    const memory = await installed('npm:@modelcontextprotocol/server-memory@2026.8.31', {
      environment,
      mounts,
    });
    const entities = [{ name: 'Belay', entityType: 'product', observations: ['holds'] }];
    expect(await callOf(memory, 'create_entities', { entities })).toEqual({
      kind: 'result',
      value: { entities },
    });
    expect(await callOf(memory, 'search_nodes', { query: 'holds' })).toMatchObject({
      kind: 'result',
      value: { entities },
    });
  });

  it('everything: text, structure, time; nothing of ours', async () => {
    const everything = await installed('npm:@modelcontextprotocol/server-everything@2026.8.31', {
      args: ['stdio'],
    });
    expect(await callOf(everything, 'echo', { message: 'hi' }, asText)).toEqual({
      kind: 'result',
      value: { text: 'Echo: hi' },
    });
    expect(await callOf(everything, 'echo', { message: 'hi' })).toMatchObject({
      kind: 'invalid',
      reason: expect.stringMatching(/output.from/),
    });
    expect(await callOf(everything, 'get-structured-content', { location: 'Chicago' })).toMatchObject({
      kind: 'result',
      value: { temperature: expect.any(Number) },
    });
    const basis = { rate: { calls: 10, per: 'second' }, burst: 10, concurrency: 1 };
    const slow = await callOf(
      everything,
      'trigger-long-running-operation',
      { duration: 60, steps: 5 },
      { ...asText, limits: { ...basis, timeoutMs: 500 } },
    );
    expect(slow).toMatchObject({ kind: 'unknown' });
    const env = await callOf(everything, 'get-env', {}, { output: { ...asText.output, from: 'json' } });
    expect(Object.keys(env.kind === 'result' ? (env.value as object) : {}).sort()).toEqual([
      'HOME',
      'LANG',
      'PATH',
      'PWD',
    ]);
    const fetched = await callOf(
      everything,
      'gzip-file-as-resource',
      { name: 'x.gz', data: 'http://127.0.0.1:9/', outputType: 'resource' },
      asText,
    );
    expect(fetched.kind).toBe('refused');
  });
});

const STDIO_2026 = `
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';
serveStdio(() => {
  const server = new McpServer({ name: 'late', version: '1.0.0' });
  server.registerTool('add', { inputSchema: z.object({ a: z.number(), b: z.number() }), outputSchema: z.object({ sum: z.number() }) },
    ({ a, b }) => ({ content: [], structuredContent: { sum: a + b } }));
  server.registerTool('ask', { inputSchema: z.object({}) }, async (_given, ctx) => {
    await ctx.mcpReq.elicitInput?.({ message: 'Really?', requestedSchema: { type: 'object', properties: {} } });
    return { content: [{ type: 'text', text: 'done' }] };
  });
  return server;
}, { legacy: 'reject' });
`;

it('a server of the later era over stdio', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'belay-late-'));
  const dependencies = { '@modelcontextprotocol/server': '2.4.0', zod: '4.6.7' };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'late', version: '1.0.0', bin: './server.mjs', dependencies }),
  );
  writeFileSync(join(folder, 'server.mjs'), STDIO_2026);
  const late = await installed(folder, {});
  rmSync(folder, { recursive: true });
  expect((await pool.offer(late, '1:1')).protocol).toBe('2026-07-28');
  expect(await callOf(late, 'add', { a: 2, b: 3 })).toEqual({ kind: 'result', value: { sum: 5 } });
  expect(await callOf(late, 'add', { a: 'x' })).toMatchObject({ kind: 'refused' });
  expect((await callOf(late, 'ask', {}, asText)).kind).toMatch(/needs-input|refused/);
});

describe.each(['2025-11-25', '2026-07-28'])('a server of %s over HTTP', (protocol) => {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  let http: Server;
  let seen: { headers: IncomingMessage['headers']; url: string | undefined }[] = [];
  let status: number | undefined;
  let peer: Peer;
  let effects = 0;

  const tool = {
    inputSchema: { by: z.number() },
    outputSchema: { effects: z.number() },
  };
  const act = ({ by }: { by: number }): { content: []; structuredContent: { effects: number } } => {
    effects += by;
    return { content: [], structuredContent: { effects } };
  };
  const former = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? sessions.get(id) : undefined;
    if (id !== undefined && !known) return void response.writeHead(404).end();
    const transport =
      known ??
      new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (session) =>
          void sessions.set(session, transport as StreamableHTTPServerTransport),
      });
    if (!known) {
      const server = new FormerServer({ name: 'former', version: '1' });
      server.registerTool('act', tool, act);
      await server.connect(transport);
    }
    return transport.handleRequest(request, response);
  };
  const handler = createMcpHandler(
    () => {
      const server = new McpServer({ name: 'late', version: '1' });
      const late = { inputSchema: z.object(tool.inputSchema), outputSchema: z.object(tool.outputSchema) };
      server.registerTool('act', late, act);
      return server;
    },
    { legacy: 'reject' },
  );
  const later = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = request.method === 'POST' ? { body: Buffer.concat(chunks) } : {};
    const headers = Object.entries(request.headers).map(
      ([name, text]) => [name, String(text)] as [string, string],
    );
    const answer = await handler.fetch(
      new Request(`http://127.0.0.1${request.url ?? '/'}`, {
        method: request.method ?? 'GET',
        headers,
        ...body,
      }),
    );
    response.writeHead(answer.status, Object.fromEntries(answer.headers.entries()));
    const reader = answer.body?.getReader();
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read())
      response.write(part.value);
    response.end();
  };

  beforeAll(async () => {
    http = createServer((request, response) => {
      seen.push({ headers: request.headers, url: request.url });
      if (status !== undefined && request.method === 'POST') return void response.writeHead(status).end();
      return void (protocol === '2025-11-25' ? former : later)(request, response);
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    peer = Peer.parse({
      id: 'web',
      transport: 'http',
      url: `http://127.0.0.1:${port}/mcp`,
      privateNetwork: true,
    });
  });
  afterAll(async () => {
    await pool.stop();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });

  it('answers a call, once', async () => {
    effects = 0;
    expect((await pool.offer(peer, '1:1')).protocol).toBe(protocol);
    expect(await callOf(peer, 'act', { by: 1 })).toEqual({ kind: 'result', value: { effects: 1 } });
    expect(await callOf(peer, 'act', { by: 'x' })).toMatchObject({ kind: 'refused' });
    expect(effects).toBe(1);
  });

  it.each([
    [403, 'refused'],
    [429, 'refused'],
    [500, 'unknown'],
    [503, 'unknown'],
    [302, 'unknown'],
  ])('that answers a call with status %i: %s', async (code, kind) => {
    await callOf(peer, 'act', { by: 0 });
    const { tools } = await pool.offer(peer, '1:1');
    status = code;
    const contract = ToolContract.parse({
      ...hostileContract(
        { artifact: 'a', integrity: `sha256:${'0'.repeat(64)}`, entry: 'e' },
        '2025',
        '',
        'a',
      ),
      peer,
      idempotency: { mode: 'natural' },
    });
    const call = {
      holder: '1:1',
      contract,
      definition: tools[0]?.definition ?? {},
      arguments: { by: 1 },
      key: 'k',
    };
    const before = effects;
    expect(await pool.call(call)).toMatchObject({ kind });
    status = undefined;
    expect(effects).toBe(before);
  });

  it('that is not reached is known not to have seen the call', async () => {
    const gone = Peer.parse({ ...peer, id: 'gone', url: 'http://127.0.0.1:9/mcp' });
    const contract = ToolContract.parse({
      ...hostileContract(
        { artifact: 'a', integrity: `sha256:${'0'.repeat(64)}`, entry: 'e' },
        '2025',
        '',
        'a',
      ),
      peer: gone,
    });
    const call = { holder: '1:1', contract, definition: {}, arguments: {}, key: 'k' };
    expect(await pool.call(call)).toMatchObject({ kind: 'not-sent' });
  });

  it('that forgot its session is asked in a new one the next time', async () => {
    await callOf(peer, 'act', { by: 0 });
    sessions.clear();
    effects = 0;
    const outcomes: CallOutcome[] = [];
    const { tools } = await pool.offer({ ...peer, id: 'other' }, '1:1');
    const contract = ToolContract.parse({
      ...hostileContract(
        { artifact: 'a', integrity: `sha256:${'0'.repeat(64)}`, entry: 'e' },
        '2025',
        '',
        'a',
      ),
      peer,
      output: { schema: {}, maxBytes: 1000 },
      idempotency: { mode: 'natural' },
    });
    const call = {
      holder: '1:1',
      contract,
      definition: tools[0]?.definition ?? {},
      arguments: { by: 1 },
      key: 'k',
    };
    for (let turn = 0; turn < 2; turn += 1) outcomes.push(await pool.call(call));
    expect(outcomes.at(-1)).toMatchObject({ kind: 'result' });
    // Whatever was not a result was certainly not done.
    expect(outcomes.every(({ kind }) => kind === 'result' || kind === 'not-sent')).toBe(true);
    expect(effects).toBe(outcomes.filter(({ kind }) => kind === 'result').length);
  });

  it('is not asked on a private address before somebody approved it, unless that address is named', async () => {
    seen = [];
    const refusal = { code: 'peers.refused', message: expect.stringMatching(/BELAY_PRIVATE_SERVERS/) };
    await expect(pool.offer(peer, 'registry', true)).rejects.toMatchObject(refusal);
    const { host } = new URL((peer as { url: string }).url);
    const named = new PeerPool(home, { privateServers: [host] });
    const open = { ...peer, privateNetwork: false } as Peer;
    await expect(named.offer(open, 'registry', true)).rejects.toMatchObject(refusal);
    expect(seen).toEqual([]);
    expect((await named.offer(peer, 'registry', true)).tools).not.toEqual([]);
    await named.close();
  });

  it('gets its secrets as headers', async () => {
    const own = new PeerPool(home, { secretsOf: () => Promise.resolve({ token: 'Bearer correct-horse' }) });
    seen = [];
    const bearer = Peer.parse({ ...peer, id: 'bearer', secrets: { Authorization: 'token' } });
    await own.offer(bearer, '1:1');
    await own.close();
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every(({ headers }) => headers.authorization === 'Bearer correct-horse')).toBe(true);
    await expect(pool.offer(bearer, '1:1')).rejects.toThrow(/secret token is not set/);
  });
});
