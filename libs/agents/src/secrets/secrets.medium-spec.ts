import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Peer, ToolContract } from '@belay/contracts';
import { Database, migrate, sql } from '@belay/database';
import { IdentityService, SessionService, type SignedIn } from '@belay/identity';
import { DEFINITION, hostileContract } from '@belay/testing/hostile-peer';
import { databases, type Stack, startStack } from '@belay/testing/stack';
import { groundsOf } from '../peers/grounds-of.js';
import { installArtifact } from '../peers/install-artifact.js';
import { PeerPool } from '../peers/peer-pool.js';
import { seal, unseal } from './seal.js';
import { secretKey } from './secret-key.js';
import { SecretOpener } from './secret-opener.js';
import { SecretService } from './secret.service.js';

jest.setTimeout(120_000);
const VALUE = 'correct-horse-"battery"';

describe('a sealed text', () => {
  const key = Buffer.alloc(32, 7);

  it('is read with its key, as what it was sealed for, and never twice the same', () => {
    const sealed = seal(key, VALUE, 'one');
    expect(unseal(key, sealed, 'one')).toBe(VALUE);
    expect(sealed.includes('horse')).toBe(false);
    expect(seal(key, VALUE, 'one').equals(sealed)).toBe(false);
  });

  it.each([
    ['for another purpose', (sealed: Buffer) => unseal(key, sealed, 'two')],
    ['with another key', (sealed: Buffer) => unseal(Buffer.alloc(32, 8), sealed, 'one')],
    ['with a byte changed', (sealed: Buffer) => unseal(key, sealed.fill(0, sealed.length - 1), 'one')],
    ['cut short', (sealed: Buffer) => unseal(key, sealed.subarray(0, 20), 'one')],
  ])('is not read %s', (_how, attempt) => {
    expect(() => attempt(seal(key, VALUE, 'one'))).toThrow(/cannot be opened/);
  });
});

describe.each(databases())('secrets of servers on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let database: Database;
  let home: string;
  let secrets: SecretService;
  let developer: SignedIn;
  let contract: ToolContract;

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    database = new Database(stack.connection);
    home = mkdtempSync(join(tmpdir(), 'belay-secrets-'));
    const identity = new IdentityService(database);
    await identity.prepareTenant(1);
    await identity.addPerson(
      { tenant: 1, person: 0 },
      { name: 'dev', displayName: 'dev', roles: ['developer'] },
    );
    const sessions = new SessionService(database);
    const session = await sessions.signInDemo(1, 'dev');
    developer = (await sessions.authenticate(1, { session })) as SignedIn;
    secrets = new SecretService(database, home);
    const artifact = await installArtifact('libs/testing/hostile-peer', home, process.cwd());
    const document = hostileContract(artifact, '2025', 'tells-secret', 'secret');
    contract = ToolContract.parse({
      ...document,
      peer: { ...(document['peer'] as object), secrets: { TOKEN: 'crm-token' } },
    });
  }, 120_000);
  afterAll(async () => {
    await database?.close();
    await stack?.stop();
    rmSync(home, { recursive: true, force: true });
  }, 60_000);

  const everyByte = async (): Promise<string> => {
    const tables = ['tool_secret', 'audit_leaf', 'audit_payload'];
    const rows = await database.transaction({ role: 'owner', tenant: 1 }, async (tx) =>
      Promise.all(tables.map((table) => tx.many({ text: `select t::text from ${table} t`, values: [] }))),
    );
    return JSON.stringify(rows);
  };
  const opener = (): SecretOpener => new SecretOpener(database, 1, home);

  it('are set for one server, listed without their values, and on the ledger without them', async () => {
    await secrets.set(developer, 'crm-token', { value: VALUE, peer: contract.peer });
    const [listed, ...more] = await secrets.list(developer);
    expect(more).toEqual([]);
    expect(listed).toEqual({
      name: 'crm-token',
      peer: 'hostile',
      setBy: 'dev',
      setAt: expect.any(String),
    });
    const bytes = await everyByte();
    expect(bytes).toContain('tool.secret');
    for (const encoding of ['utf8', 'hex', 'base64'] as const)
      expect(bytes).not.toContain(Buffer.from('correct-horse').toString(encoding));
    expect(await opener().of(contract.peer)).toEqual({ 'crm-token': VALUE });
  });

  it('are nothing for a server with other settings, under another name, or of another tenant', async () => {
    const other = Peer.parse({ ...contract.peer, args: ['2025', 'honest', '/data'] });
    expect(await opener().of(other)).toEqual({});
    expect(await new SecretOpener(database, 2, home).of(contract.peer)).toEqual({});
    const owner = { role: 'owner', tenant: 1 } as const;
    await database.transaction(owner, (tx) => tx.run(sql`update tool_secret set name = 'another'`));
    const renamed = Peer.parse({ ...contract.peer, secrets: { TOKEN: 'another' } });
    expect(await opener().of(renamed)).toEqual({});
    await database.transaction(owner, (tx) => tx.run(sql`update tool_secret set name = 'crm-token'`));
  });

  it('law-3: of somebody else are changed and removed by administrators alone', async () => {
    const other = { ...developer, person: 0, roles: ['member', 'developer'] } as SignedIn;
    const peer = contract.peer;
    await expect(secrets.set(other, 'crm-token', { value: 'x', peer })).rejects.toThrow(/dev set crm-token/);
    await expect(secrets.remove(other, 'crm-token')).rejects.toMatchObject({ code: 'auth.forbidden' });
    expect(await opener().of(peer)).toEqual({ 'crm-token': VALUE });
  });

  it('are refused for a server that does not name them', async () => {
    const peer = Peer.parse({ ...contract.peer, secrets: {} });
    await expect(secrets.set(developer, 'crm-token', { value: 'x', peer })).rejects.toThrow(/do not name/);
  });

  it('cannot be read back by the api, sealed either', async () => {
    const read = database.transaction({ role: 'api', tenant: 1, person: developer.person }, (tx) =>
      tx.many(sql`select sealed from tool_secret`),
    );
    await expect(read).rejects.toThrow(/permission denied/);
  });

  it('law-3: reach their server and come back from nowhere', async () => {
    const pool = new PeerPool(home, groundsOf(database, 1, { home, unsandboxedTools: false }));
    const call = { holder: '1:1', definition: DEFINITION, arguments: {}, key: 'k' };
    const outcome = await pool.call({ ...call, contract });
    expect(outcome).toMatchObject({ kind: 'invalid', reason: expect.stringMatching(/repeats a secret/) });
    expect(JSON.stringify(outcome)).not.toContain('horse');
    // The server had it: it counts its characters.
    expect(readFileSync(join(home, 'peer-data', 'secret', 'effects.jsonl'), 'utf8')).toContain(
      `"key":${VALUE.length}`,
    );
    const lines = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => (existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : ''));
    expect(lines.some((line) => line.includes('tells-secret'))).toBe(true);
    expect(lines.filter((line) => line.includes('horse'))).toEqual([]);
    await pool.close();
  });

  it('stop their server when they are removed', async () => {
    await secrets.remove(developer, 'crm-token');
    await expect(secrets.remove(developer, 'crm-token')).rejects.toMatchObject({ code: 'not-found' });
    const pool = new PeerPool(home, groundsOf(database, 1, { home, unsandboxedTools: false }));
    const call = { holder: '1:1', definition: DEFINITION, arguments: {}, key: 'k' };
    expect(await pool.call({ ...call, contract })).toMatchObject({
      kind: 'not-sent',
      reason: expect.stringMatching(/secret crm-token is not set/),
    });
    await pool.close();
  });

  it('are sealed by a key that only we read, and that is never half there', () => {
    const file = join(home, 'secrets.key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(home).filter((name) => name.startsWith('secrets.key'))).toEqual(['secrets.key']);
    const key = secretKey(home);
    writeFileSync(file, key.subarray(0, 5));
    expect(() => secretKey(home)).toThrow(/damaged/);
    writeFileSync(file, key);
  });

  it('without a sandbox a start is on the ledger first', async () => {
    expect(groundsOf(database, 1, { home, unsandboxedTools: false }).onUnsandboxed).toBeUndefined();
    const { onUnsandboxed } = groundsOf(database, 1, { home, unsandboxedTools: true });
    if (contract.peer.transport === 'stdio') await onUnsandboxed?.(contract.peer);
    expect(await everyByte()).toContain('tool.unsandboxed');
  });
});
