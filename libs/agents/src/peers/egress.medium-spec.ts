import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Peer } from '@belay/contracts';
import { z } from 'zod';
import { connectPeer } from './connect-peer.js';
import { openEgress } from './egress.js';
import { type Artifact, installArtifact } from './install-artifact.js';

jest.setTimeout(120_000);

// A server that dials what it is asked to, and says what it was told or why not.
const SERVER = `
import { createInterface } from 'node:readline';
import { connect } from 'node:net';
import { readdirSync } from 'node:fs';
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const INIT = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'dialler', version: '1' } };
const dial = (to) => new Promise((resolve) => {
  let heard = '';
  const socket = connect(to).on('data', (data) => (heard += data)).on('close', () => resolve(heard)).on('error', (error) => resolve(error.code));
  socket.end('hello');
});
createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'initialize') return send({ id, result: INIT });
  if (method === 'tools/call') return send({ id, result: { content: [], structuredContent: { heard: await dial(params.arguments) } } });
  if (id !== undefined) send({ id, error: { code: -32601, message: 'no such method' } });
});`;
const Heard = z.looseObject({ structuredContent: z.object({ heard: z.string() }) });

let home: string;
let artifact: Artifact;
let far: Server;
let port: number;
let connections = 0;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'belay-egress-test-'));
  const folder = mkdtempSync(join(tmpdir(), 'belay-dialler-'));
  writeFileSync(join(folder, 'package.json'), '{"name":"dialler","version":"1.0.0","bin":"./server.mjs"}');
  writeFileSync(join(folder, 'server.mjs'), SERVER);
  artifact = await installArtifact(folder, home, process.cwd());
  rmSync(folder, { recursive: true });
  far = createServer((socket) => {
    connections += 1;
    socket.on('data', (data) => socket.end(`heard ${String(data)}`));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => far.listen(0, '127.0.0.1', resolve));
  port = (far.address() as AddressInfo).port;
});
afterAll(() => {
  far.close();
  rmSync(home, { recursive: true, force: true });
});

async function dialled(to: object, more: object): Promise<string> {
  const { artifact: name, integrity, entry } = artifact;
  const peer = Peer.parse({ id: 'dialler', transport: 'stdio', artifact: name, integrity, entry, ...more });
  const connection = await connectPeer(peer, home);
  try {
    const reply = await connection.request('tools/call', { name: 'dial', arguments: to }, Heard);
    return reply.structuredContent.heard;
  } finally {
    await connection.close();
  }
}

describe('a server with hosts', () => {
  const hosts = (): object => ({ hosts: [`localhost:${port}`], privateNetwork: true });

  it('reaches those that its contract names, by name', async () => {
    expect(await dialled({ host: 'localhost', port }, { ...hosts(), environment: { GIVEN: 'yes' } })).toBe(
      'heard hello',
    );
  });

  it.each([
    ['another port', { host: 'localhost', port: 9 }],
    ['another name', { host: 'other.example', port: 443 }],
    ['an address', { host: '198.51.100.7', port: 80 }],
    ['the metadata of a cloud', { host: '169.254.169.254', port: 80 }],
    ['a socket of this machine', { path: '/run/redis/redis.sock' }],
  ])('reaches nothing else: %s', async (_name, to) => {
    expect(await dialled(to, hosts())).toMatch(/^E[A-Z_]+$/);
  });

  it('law-3: does not reach the private network through a name, unless its contract says so', async () => {
    const before = connections;
    expect(await dialled({ host: 'localhost', port }, { hosts: [`localhost:${port}`] })).toBe('');
    expect(connections).toBe(before);
  });

  it('law-3: has no network at all where its contract names no host', async () => {
    expect(await dialled({ host: '127.0.0.1', port }, {})).toBe('ECONNREFUSED');
    expect(connections).toBe(1);
  });
});

it('a way out to a port that cannot be ends the connection alone', async () => {
  const egress = await openEgress(['localhost:99999'], true);
  const closed = await new Promise((resolve) =>
    connect(join(egress.folder, '0.sock'))
      .on('error', () => undefined)
      .on('close', () => resolve('closed')),
  );
  await egress.close();
  expect(closed).toBe('closed');
});

it.each([
  '10.0.0.1:80',
  'example.com',
  'example.com:0',
  'example.com:65536',
  'a b:80',
  '*.example.com:443',
  ':443',
  '[::1]:80',
])('a contract may not name %s', (host) => {
  const { artifact: name, integrity } = artifact;
  const peer = { id: 'p', transport: 'stdio', artifact: name, integrity, entry: 'x', hosts: [host] };
  expect(Peer.safeParse(peer).success).toBe(false);
});
