import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AccessService } from '@belay/access';
import { loadAuditKey, MerkleTree, sequenceLeaves } from '@belay/audit';
import { Database, migrate, sql } from '@belay/database';
import { IdentityService, type SignedIn } from '@belay/identity';
import { startS3, type TestS3 } from '@belay/testing/s3';
import { databases, type Stack, startStack } from '@belay/testing/stack';
import { CollectionService } from './collection.service.js';
import { DocumentService } from './document.service.js';
import { drainRemovals } from './originals/drain-removals.js';
import { Originals } from './originals/originals.js';
import { ReceiptService } from './receipt.service.js';
import { enforceRetention, RetentionService } from './retention.service.js';
import { SweepService } from './sweep.service.js';
import { exportTombstones, reapplyTombstones } from './tombstones.js';

const CODE = (code: string): unknown => expect.objectContaining({ code });

describe.each(databases())('what is removed is gone, on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let database: Database;
  let s3: TestS3;
  let ann: SignedIn;
  let ben: SignedIn;
  let root: SignedIn;
  const access = (): AccessService => new AccessService(database);
  const originals = (store: 'database' | 'disk' | 's3'): Originals =>
    new Originals({ home: stack.home, originals: store, s3: s3.config });
  const documents = (store: 'database' | 'disk' | 's3' = 'database'): DocumentService =>
    new DocumentService(database, access(), originals(store), () => Promise.resolve());
  const receipts = (): ReceiptService =>
    new ReceiptService(database, () => loadAuditKey(stack.home).publicKey);
  const sequence = (): Promise<unknown> =>
    sequenceLeaves(database, 1, loadAuditKey(stack.home).privateKey, new MerkleTree());
  const upload = (
    path: string,
    store: 'database' | 'disk' | 's3' = 'database',
    text = `text of ${path}`,
  ): Promise<{ id: string }> =>
    documents(store).accept(ann, { collection: 'notes', path, bytes: Buffer.from(text) });
  const asOwner = <T>(statement: ReturnType<typeof sql>): Promise<T[]> =>
    database.transaction({ role: 'owner', tenant: 1 }, (tx) => tx.many(statement)) as Promise<T[]>;
  const queued = async (): Promise<number> =>
    (await asOwner<{ n: number }>(sql`select count(*) as n from original_removal`))[0]?.n ?? -1;

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    database = new Database(stack.connection);
    s3 = await startS3();
    const identity = new IdentityService(database);
    await identity.prepareTenant(1);
    const person = async (name: string, roles: ('member' | 'admin')[]): Promise<SignedIn> => {
      await identity.addPerson({ tenant: 1, person: 0 }, { name, displayName: name, roles });
      const [row] = await asOwner<{ id: number }>(
        sql`select principal_id as id from principal where name = ${name}`,
      );
      return { tenant: 1, person: row?.id ?? 0, name, displayName: name, roles, actions: null };
    };
    ann = await person('ann', ['member']);
    ben = await person('ben', ['member']);
    root = await person('root', ['member', 'admin']);
    await new CollectionService(database, access()).create(ann, { name: 'notes', title: 'Notes' });
  }, 120_000);
  afterAll(async () => {
    await database?.close();
    await s3?.stop();
    await stack?.stop();
  }, 60_000);

  it.each(['disk', 's3'] as const)(
    'open-webui#26438, #27988: no object of %s outlives its document',
    async (store) => {
      const { id } = await upload(`kept-${store}.md`, store);
      expect((await documents(store).list(ann, { limit: 10 })).some((row) => row.id === id)).toBe(true);
      const [object] = await asOwner<{ key: string }>(sql`select object_key as key from document_original
      where document_id = ${id}`);
      expect(object?.key).toMatch(/^1\/[0-9a-f]{2}\/[0-9a-f-]{36}$/);
      expect(await originals(store).has(store, object?.key ?? '')).toBe(true);
      await documents(store).delete(ann, id);
      expect(await drainRemovals(database, 1, originals(store))).toBe(1);
      expect(await originals(store).has(store, object?.key ?? '')).toBe(false);
      expect(await queued()).toBe(0);
    },
  );

  it('an upload that dies before its row leaves an object that goes by itself', async () => {
    await originals('disk').place(database, { tenant: 1, role: 'api' }, Buffer.from('half'));
    expect(await drainRemovals(database, 1, originals('disk'))).toBe(0);
    await asOwner(sql`update original_removal set due_at = now()`);
    expect(await drainRemovals(database, 1, originals('disk'))).toBe(1);
  });

  it('LibreChat#14988: a deletion that was not done, or a missing bucket, is a failure that is tried again', async () => {
    const { id } = await upload('stubborn.md', 's3');
    await documents('s3').delete(ann, id);
    s3.mood.ignoresDeletes = true;
    expect(await drainRemovals(database, 1, originals('s3'))).toBe(0);
    s3.mood.ignoresDeletes = false;
    const elsewhere = new Originals({
      home: stack.home,
      originals: 's3',
      s3: { ...s3.config, bucket: 'other' },
    });
    await asOwner(sql`update original_removal set due_at = now()`);
    expect(await drainRemovals(database, 1, elsewhere)).toBe(0);
    const [row] = await asOwner<{ attempts: number; reason: string }>(
      sql`select attempts, reason from original_removal`,
    );
    expect(row).toEqual({ attempts: 2, reason: expect.stringContaining('answered DELETE with 404') });
    await asOwner(sql`update original_removal set due_at = now()`);
    expect(await drainRemovals(database, 1, originals('s3'))).toBe(1);
    expect(s3.objects.size).toBe(0);
  });

  it('a store that fails refuses the upload, a wrong key is refused, a lost object is said to be lost', async () => {
    s3.mood.failing = 10;
    await expect(upload('refused.md', 's3')).rejects.toEqual(CODE('storage.unavailable'));
    s3.mood.failing = 0;
    const wrong = { ...s3.config, secretAccessKey: 'guessed' };
    const intruder = new Originals({ home: stack.home, originals: 's3', s3: wrong });
    await expect(intruder.has('s3', '1/aa/x')).rejects.toEqual(CODE('storage.unavailable'));
    const { id } = await upload('lost.md', 's3');
    const [row] = await asOwner<{ v: string }>(sql`update document set current_version_id = (
      select version_id from document_version v where v.document_id = document.document_id)
      where document_id = ${id} returning current_version_id as v`);
    expect((await documents('s3').original(ann, id, row?.v)).bytes.toString()).toBe('text of lost.md');
    await expect(documents('s3').original(ben, id, row?.v)).rejects.toEqual(CODE('not-found'));
    const [key] = [...s3.objects.keys()];
    s3.objects.set(key ?? '', { body: Buffer.from('altered'), at: new Date().toISOString() });
    await expect(documents('s3').original(ann, id, row?.v)).rejects.toEqual(CODE('storage.lost'));
    s3.objects.clear();
    await expect(documents('s3').original(ann, id, row?.v)).rejects.toEqual(CODE('storage.lost'));
    expect((await new SweepService(database, originals('s3')).sweep(root, true)).objects.lost).toBe(1);
    await documents('s3').delete(ann, id);
    await asOwner(sql`update original_removal set due_at = now()`);
    await drainRemovals(database, 1, originals('s3'));
  });

  it('onyx#3780, ragflow#6462: one document is deleted, and its receipt can be checked by those concerned', async () => {
    const { id } = await upload('single.md');
    const receipt = await documents().delete(ann, id);
    await sequence();
    const checked = await receipts().check(ann, receipt.leafId);
    expect(checked).toMatchObject({
      ok: true,
      document: id,
      buried: true,
      remains: {},
      ledger: { included: true },
    });
    expect((await receipts().check(root, receipt.leafId)).ok).toBe(true);
    await expect(receipts().check(ben, receipt.leafId)).rejects.toEqual(CODE('not-found'));
  });

  it('receipts are found again page by page, by whoever deleted', async () => {
    const deleted = [];
    for (const name of ['first.md', 'second.md', 'third.md']) {
      const { removed, leafId, document } = await documents().delete(ann, (await upload(name)).id);
      deleted.push({ removed, leafId, document, kind: 'document' });
    }
    const found = [];
    for (let after = ''; found.length < deleted.length;) {
      const page = await receipts().list(ann, { after, limit: 1 });
      found.push(...page.receipts);
      after = page.next ?? '';
    }
    expect(found).toMatchObject(deleted.reverse());
    const leaves = new Set(deleted.map(({ leafId }) => leafId));
    for (const other of [ben, root]) {
      const { receipts: theirs } = await receipts().list(other, { after: '', limit: 200 });
      expect(theirs.filter(({ leafId }) => leaves.has(leafId))).toEqual([]);
    }
  });

  it('a receipt does not hold while an object waits for its removal', async () => {
    const { id } = await upload('waiting.md', 'disk');
    const { leafId } = await documents('disk').delete(ann, id);
    await sequence();
    expect(await receipts().check(ann, leafId)).toMatchObject({
      ok: false,
      remains: { original_removal: 1 },
    });
    await drainRemovals(database, 1, originals('disk'));
    expect((await receipts().check(ann, leafId)).ok).toBe(true);
  });

  it('retention shows first, then deletes with a receipt each, and follows the newest bytes', async () => {
    const retention = new RetentionService(database, access());
    const old = await upload('old.md');
    const renewed = await upload('renewed.md');
    await asOwner(sql`update document_version set created_at = now() - interval '40 days'
      where document_id in (${old.id}, ${renewed.id})`);
    await upload('renewed.md', 'database', 'new text');
    await expect(retention.preview(ben, 'notes', 30)).rejects.toEqual(CODE('not-found'));
    expect(await retention.preview(ann, 'notes', 30)).toEqual({
      days: null,
      due: 1,
      documents: [{ id: old.id, title: 'old.md', path: 'old.md' }],
    });
    expect(await enforceRetention(database, 1)).toBe(0);
    const [notes] = await asOwner<{ id: string }>(
      sql`select collection_id as id from collection where name = 'notes'`,
    );
    const byAdmin = await retention.preview(root, notes?.id ?? '', 30);
    // Law 1: who manages the collection and may not read the document is not told of it.
    expect(byAdmin).toEqual({ days: null, due: 0, documents: [] });
    await retention.set(ann, 'notes', 30);
    expect(await enforceRetention(database, 1)).toBe(1);
    expect((await documents().list(ann, { limit: 100 })).map((row) => row.path)).not.toContain('old.md');
    const [leaf] = await asOwner<{ id: string; payload: string }>(sql`
      select p.leaf_id as id, p.payload from audit_payload p join audit_leaf l using (tenant_id, leaf_id)
      where l.header::jsonb ->> 'resource' = ${old.id} and l.header like '%document.delete%'`);
    expect(leaf?.payload).toContain('retention');
    await sequence();
    expect((await receipts().check(ann, leaf?.id ?? '')).ok).toBe(true);
    await retention.set(ann, 'notes', null);
  });

  it('a document moves with its own permissions, and never onto another', async () => {
    const { id } = await documents().accept(ann, {
      collection: 'notes',
      path: 'a/moving.md',
      bytes: Buffer.from('x'),
      access: { inherits: true, grants: [{ principal: 'person:ben', effect: 'deny' }] },
    });
    await access().grant(ann, { principal: 'everyone', on: 'notes', effect: 'allow' });
    await documents().move(ann, id, 'b/moved.md');
    expect((await documents().get(ann, id)).path).toBe('b/moved.md');
    await expect(documents().get(ben, id)).rejects.toEqual(CODE('not-found'));
    await expect(documents().move(ben, id, 'c.md')).rejects.toEqual(CODE('not-found'));
    await expect(documents().move(ann, id, 'renewed.md')).rejects.toEqual(CODE('conflict'));
    await access().revoke(ann, { principal: 'everyone', on: 'notes', effect: 'allow' });
  });

  it('law-1: an upload over a document that says who may read it leaves it to no former reader', async () => {
    const put = (
      text: string,
      own?: { inherits: boolean; grants: { principal: string; effect: 'allow' }[] },
    ) =>
      documents().accept(ann, {
        collection: 'notes',
        path: 'over.md',
        bytes: Buffer.from(text),
        access: own,
      });
    const everyone = { principal: 'everyone', on: 'notes', effect: 'allow' } as const;
    await access().grant(ann, everyone);
    const { id } = await put('for everybody');
    expect((await documents().get(ben, id)).path).toBe('over.md');
    await put('for herself', { inherits: false, grants: [{ principal: 'person:ann', effect: 'allow' }] });
    expect((await documents().get(ann, id)).path).toBe('over.md');
    await expect(documents().get(ben, id)).rejects.toEqual(CODE('not-found'));
    await access().revoke(ann, everyone);
  });

  it('onyx#5013, #1222: a restored database brings no deleted document back', async () => {
    const { id } = await upload('risen.md');
    const rows = await asOwner<{ tenant_id: number }>(sql`select * from document where document_id = ${id}`);
    await documents().delete(ann, id);
    const keys = loadAuditKey(stack.home);
    while ((await exportTombstones(database, 1, stack.home, keys)) > 0);
    await asOwner(sql`insert into document select * from jsonb_populate_recordset(null::document,
      ${JSON.stringify(rows)}::jsonb)`);
    expect(await reapplyTombstones(database, 1, stack.home, keys.publicKey)).toBe(1);
    expect(await reapplyTombstones(database, 1, stack.home, keys.publicKey)).toBe(0);
    await expect(documents().get(ann, id)).rejects.toEqual(CODE('not-found'));
  });

  it('an altered record of deletions stops the start; a line that a crash cut off does not', async () => {
    const file = join(stack.home, 'audit', 'tombstones');
    const { publicKey } = loadAuditKey(stack.home);
    const whole = readFileSync(file, 'utf8');
    appendFileSync(file, whole.slice(0, 40));
    expect(await reapplyTombstones(database, 1, stack.home, publicKey)).toBe(0);
    writeFileSync(file, whole.replace(/"document":"./, '"document":"x'));
    await expect(reapplyTombstones(database, 1, stack.home, publicKey)).rejects.toEqual(CODE('audit.broken'));
    writeFileSync(file, whole);
  });

  if (kind === 'native') {
    it('onyx#5013: a real dump from before the deletion, restored after it, brings nothing back', async () => {
      const { id } = await upload('dumped.md');
      const folder = mkdtempSync(join(tmpdir(), 'belay-dump-'));
      const url = stack.connection.connectionString ?? '';
      try {
        execFileSync('pg_dump', ['-Fc', '-f', join(folder, 'dump'), url]);
        await documents().delete(ann, id);
        const keys = loadAuditKey(stack.home);
        while ((await exportTombstones(database, 1, stack.home, keys)) > 0);
        execFileSync('pg_restore', ['--clean', '--if-exists', '-d', url, join(folder, 'dump')], {
          stdio: 'pipe',
        });
        expect((await documents().get(ann, id)).path).toBe('dumped.md');
        expect(await reapplyTombstones(database, 1, stack.home, keys.publicKey)).toBe(1);
        await expect(documents().get(ann, id)).rejects.toEqual(CODE('not-found'));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }, 60_000);
  }

  it('the sweep finds nothing after all of this', async () => {
    await asOwner(sql`update original_removal set due_at = now()`);
    for (const store of ['disk', 's3'] as const) await drainRemovals(database, 1, originals(store));
    const report = await new SweepService(database, originals('s3')).sweep(root, true);
    expect(report).toMatchObject({ clean: true, objects: { stray: 0, lost: 0, failing: 0, waiting: 0 } });
  });
});
