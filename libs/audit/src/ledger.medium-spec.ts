import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, migrate, sql, type SqlStatement } from '@belay/database';
import { databases, type Stack, startStack } from '@belay/testing/stack';
import { loadAuditKey, readAnchor } from './audit-key.js';
import { keepAnchor } from './keep-anchor.js';
import { leafHash, MerkleTree } from './merkle-tree.js';
import { recordLeaf } from './record-leaf.js';
import { sequenceLeaves } from './sequence-leaves.js';
import { verifyLedger } from './verify-ledger.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const FIRST_BATCH = 5;
const LEAVES = 12;

describe.each(databases())('the ledger on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let database: Database;
  let tenant = 100;

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    database = new Database(stack.connection);
    // Whoever owns the tables can drop what ties them together.
    await asOwner(sql`alter table audit_payload drop constraint audit_payload_tenant_id_leaf_id_fkey`);
    await asOwner(sql`alter table audit_entry drop constraint audit_entry_tenant_id_leaf_id_fkey`);
  }, 120_000);
  afterAll(async () => {
    await database.close();
    await stack.stop();
  }, 60_000);

  const asOwner = (statement: SqlStatement): Promise<number> =>
    database.transaction({ role: 'owner', tenant }, (tx) => tx.run(statement));
  const record = (count: number): Promise<void> =>
    database.transaction({ role: 'api', tenant }, async (tx) => {
      for (let n = 0; n < count; n += 1) {
        await recordLeaf(tx, tenant, { type: 'audit.read', actor: 1, payload: { n } });
      }
    });
  const sequence = (tree = new MerkleTree()): Promise<string | undefined> =>
    sequenceLeaves(database, tenant, privateKey, tree);
  const verify = (anchor?: string) => verifyLedger(database, tenant, { key: publicKey, anchor });

  /** A ledger of its own with twelve leaves under two checkpoints; returns the newest. */
  async function ledger(): Promise<string> {
    tenant += 1;
    const tree = new MerkleTree();
    await record(FIRST_BATCH);
    await sequence(tree);
    await record(LEAVES - FIRST_BATCH);
    return (await sequence(tree)) as string;
  }
  const leafAt = (at: number) =>
    database.transaction({ role: 'owner', tenant }, (tx) =>
      tx.one<{ leafId: string; header: string }>(sql`
        select l.leaf_id as "leafId", l.header from audit_entry e
        join audit_leaf l on l.tenant_id = e.tenant_id and l.leaf_id = e.leaf_id
        where e.tenant_id = ${tenant} and e.sequence = ${at}`),
    );

  async function alterLeaf(at: number): Promise<string> {
    const { leafId, header } = await leafAt(at);
    const altered = header.replace('"actor":1', '"actor":2');
    expect(altered).not.toBe(header);
    await asOwner(sql`update audit_leaf set header = ${altered}
      where tenant_id = ${tenant} and leaf_id = ${leafId}`);
    return altered;
  }
  async function alterLeafAndEntry(at: number): Promise<void> {
    const hash = leafHash(Buffer.from(await alterLeaf(at)));
    await asOwner(sql`update audit_entry set leaf_hash = ${hash}
      where tenant_id = ${tenant} and sequence = ${at}`);
  }
  /** Writes every checkpoint anew so that it fits the entries, signed with `key`. */
  async function rewriteCheckpoints(key = generateKeyPairSync('ed25519').privateKey): Promise<void> {
    const rows = await database.transaction({ role: 'owner', tenant }, (tx) =>
      tx.many<{ hash: Buffer }>(sql`
        select leaf_hash as hash from audit_entry where tenant_id = ${tenant} order by sequence`),
    );
    const tree = new MerkleTree();
    for (const { hash } of rows) {
      tree.append(hash);
      const body = `belay/tenant/${tenant}\n${tree.size}\n${tree.root().toString('base64')}\n`;
      const note = `${body}\n— belay ${sign(null, Buffer.from(body), key).toString('base64')}\n`;
      await asOwner(sql`update audit_checkpoint set root_hash = ${tree.root()}, note = ${note}
        where tenant_id = ${tenant} and tree_size = ${tree.size}`);
    }
  }

  it('verifies what it recorded, counts what waits, and is empty before that', async () => {
    tenant += 1;
    const none = createHash('sha256').digest('hex');
    const empty = { ok: true, leaves: 0, unsequenced: 0, root: none, checkpoint: null, problem: null };
    expect(await verify()).toEqual(empty);
    const anchor = await ledger();
    await record(3);
    expect(await verify(anchor)).toMatchObject({ ok: true, leaves: LEAVES, unsequenced: 3, problem: null });
  });

  const tampering: Record<string, [() => Promise<unknown>, { sequence: number | null; detail: RegExp }]> = {
    'a leaf altered': [() => alterLeaf(7), { sequence: 7, detail: /leaf was altered/ }],
    'a leaf and its hash altered': [
      () => alterLeafAndEntry(7),
      { sequence: LEAVES - 1, detail: /does not match its checkpoint/ },
    ],
    'a leaf, its hash and the checkpoints altered': [
      async () => {
        await alterLeafAndEntry(7);
        await rewriteCheckpoints();
      },
      { sequence: FIRST_BATCH - 1, detail: /not signed by this installation/ },
    ],
    'all rewritten by the holder of the key': [
      async () => {
        await alterLeafAndEntry(7);
        await rewriteCheckpoints(privateKey);
      },
      { sequence: LEAVES - 1, detail: /does not match the checkpoint kept outside/ },
    ],
    'a payload altered': [
      async () => {
        const { leafId } = await leafAt(3);
        await asOwner(sql`update audit_payload set payload = '{}' where leaf_id = ${leafId}`);
      },
      { sequence: 3, detail: /payload was altered/ },
    ],
    'a payload removed': [
      async () => {
        const { leafId } = await leafAt(3);
        await asOwner(sql`delete from audit_payload where leaf_id = ${leafId}`);
      },
      { sequence: 3, detail: /payload is missing/ },
    ],
    'a leaf removed': [
      async () => {
        const { leafId } = await leafAt(4);
        await asOwner(sql`delete from audit_leaf where leaf_id = ${leafId}`);
      },
      { sequence: 4, detail: /leaf is missing/ },
    ],
    'an entry removed': [
      () => asOwner(sql`delete from audit_entry where tenant_id = ${tenant} and sequence = 6`),
      { sequence: 6, detail: /entry 6 is missing/ },
    ],
    'two leaves exchanged': [
      async () => {
        const [one, other] = [await leafAt(1), await leafAt(2)];
        await asOwner(sql`delete from audit_entry where tenant_id = ${tenant} and sequence = 2`);
        await asOwner(sql`update audit_entry set leaf_id = ${other.leafId}
          where tenant_id = ${tenant} and sequence = 1`);
        await asOwner(sql`insert into audit_entry (tenant_id, sequence, leaf_id, leaf_hash)
          values (${tenant}, 2, ${one.leafId}, ${leafHash(Buffer.from(other.header))})`);
      },
      { sequence: 1, detail: /leaf was altered/ },
    ],
    'the newest checkpoint removed': [
      () => asOwner(sql`delete from audit_checkpoint where tenant_id = ${tenant} and tree_size = ${LEAVES}`),
      { sequence: FIRST_BATCH, detail: /entries from 5 on were removed/ },
    ],
    'the tail cut off': [
      async () => {
        await asOwner(
          sql`delete from audit_entry where tenant_id = ${tenant} and sequence >= ${FIRST_BATCH}`,
        );
        await asOwner(
          sql`delete from audit_checkpoint where tenant_id = ${tenant} and tree_size = ${LEAVES}`,
        );
      },
      { sequence: FIRST_BATCH, detail: /entries from 5 on were removed/ },
    ],
    'everything removed': [
      async () => {
        for (const table of ['audit_payload', 'audit_entry', 'audit_checkpoint', 'audit_leaf']) {
          await asOwner(sql`delete from ${sql.identifier(table)} where tenant_id = ${tenant}`);
        }
      },
      { sequence: 0, detail: /entries from 0 on were removed/ },
    ],
  };
  for (const [name, [tamper, found]] of Object.entries(tampering)) {
    it(`${name} is found`, async () => {
      const anchor = await ledger();
      expect(await verify(anchor)).toMatchObject({ ok: true });
      await tamper();
      expect(await verify(anchor)).toMatchObject({
        ok: false,
        problem: { sequence: found.sequence, detail: expect.stringMatching(found.detail) },
      });
    });
  }

  it('a ledger that was put back to an earlier day is found for good, however much is recorded after', async () => {
    const home = mkdtempSync(join(tmpdir(), 'belay-anchor-'));
    const tree = new MerkleTree();
    const go = async (): Promise<boolean> => {
      await record(2);
      return keepAnchor(database, tenant, home, (await sequence(tree)) ?? '');
    };
    try {
      loadAuditKey(home);
      tenant += 1;
      expect([await go(), await go(), await go()]).toEqual([true, true, true]);
      expect(await verify(readAnchor(home))).toMatchObject({ ok: true, leaves: 6 });
      const ours = sql`tenant_id = ${tenant}`;
      await asOwner(sql`delete from audit_checkpoint where ${ours} and tree_size > 2`);
      await asOwner(sql`delete from audit_entry where ${ours} and sequence >= 2`);
      const gone = sql`${ours} and leaf_id not in (select e.leaf_id from audit_entry e where ${ours})`;
      await asOwner(sql`delete from audit_payload where ${gone}`);
      await asOwner(sql`delete from audit_leaf where ${gone}`);
      await record(6);
      const note = (await sequence()) ?? '';
      expect(await keepAnchor(database, tenant, home, note)).toBe(false);
      expect(await verify(note)).toMatchObject({ ok: true, leaves: 8 });
      expect(await verify(readAnchor(home))).toMatchObject({
        ok: false,
        problem: { detail: 'the tree does not match the checkpoint kept outside the database' },
      });
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });

  it('an entry without a checkpoint, and an unreadable copy outside, are found', async () => {
    const anchor = await ledger();
    expect(await verify('nonsense')).toMatchObject({ ok: false, problem: { detail: /cannot be read/ } });
    await record(1);
    await asOwner(sql`insert into audit_entry (tenant_id, sequence, leaf_id, leaf_hash)
      select ${tenant}, ${LEAVES}, leaf_id, '\\x00' from audit_leaf l where tenant_id = ${tenant}
        and not exists (select from audit_entry e where e.leaf_id = l.leaf_id)`);
    expect(await verify(anchor)).toMatchObject({
      ok: false,
      problem: { sequence: LEAVES, detail: 'the newest checkpoint is missing' },
    });
  });

  it('no role of the application changes or removes a leaf', async () => {
    await ledger();
    for (const role of ['api', 'worker', 'reader'] as const) {
      for (const table of ['audit_leaf', 'audit_payload', 'audit_entry', 'audit_checkpoint']) {
        const name = sql.identifier(table);
        for (const statement of [
          sql`update ${name} set tenant_id = tenant_id`,
          sql`delete from ${name}`,
          sql`truncate ${name}`,
        ]) {
          const attempt = database.transaction({ role, tenant, person: 1 }, (tx) => tx.run(statement));
          await expect(attempt).rejects.toThrow(/permission denied|read-only/);
        }
      }
    }
  });

  it('a sequencer that ends before its commit leaves nothing, and the next one goes on', async () => {
    tenant += 1;
    await record(FIRST_BATCH);
    const tree = new MerkleTree();
    const breaking = Object.create(database, {
      transaction: {
        value: (options: never, work: (tx: never) => Promise<unknown>) =>
          database.transaction(options, async (tx) => {
            await work(tx as never);
            throw new Error('ended');
          }),
      },
    }) as Database;
    await expect(sequenceLeaves(breaking, tenant, privateKey, tree)).rejects.toThrow('ended');
    expect(await verify()).toMatchObject({ ok: true, leaves: 0, unsequenced: FIRST_BATCH });
    const anchor = await sequence(tree);
    expect(await verify(anchor)).toMatchObject({ ok: true, leaves: FIRST_BATCH, unsequenced: 0 });
  });

  it('several sequencers at once, and one that was away, give one order', async () => {
    tenant += 1;
    const [one, other] = [new MerkleTree(), new MerkleTree()];
    let anchor: string | undefined;
    for (let round = 0; round < 6; round += 1) {
      await record(4);
      const notes = await Promise.all([sequence(one), sequence(other)]);
      anchor = notes.find((note) => note !== undefined) ?? anchor;
    }
    while (await sequence(other));
    await sequence(one);
    expect(await verify(anchor)).toMatchObject({ ok: true, leaves: 24, unsequenced: 0, problem: null });
  });
});
