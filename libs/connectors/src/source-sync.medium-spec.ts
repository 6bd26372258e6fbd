import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AccessService } from '@belay/access';
import type { Source } from '@belay/contracts';
import { Database, migrate, sql } from '@belay/database';
import { CollectionService, DocumentService, Originals } from '@belay/documents';
import { IdentityService, type SignedIn } from '@belay/identity';
import { databasesInTurn, type Stack, startStack } from '@belay/testing/stack';
import type { Connector } from './connector.js';
import { FolderConnector } from './folder-connector.js';
import { SourceService } from './source.service.js';
import { SourceSync } from './source-sync.js';

const CODE = (code: string): unknown => expect.objectContaining({ code });
const missing = (): never => {
  throw new Error('nobody');
};
const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

// Each test runs whole synchronisations; on a busy machine that takes longer than Jest waits by itself.
jest.setTimeout(60_000);

describe.each(databasesInTurn())('sources on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let database: Database;
  let folder: string;
  let [ann, ben, root]: SignedIn[] = [];
  let source: Source;
  const woken: string[] = [];
  const as = (who: SignedIn | undefined): SignedIn => who ?? missing();
  const settings = () => ({
    home: stack.home,
    sourceRoots: [folder],
    sourceRemotes: [],
    maxUploadBytes: 1000,
  });
  const originals = (): Originals =>
    new Originals({ home: stack.home, originals: 'database', s3: undefined });
  const sources = (): SourceService => new SourceService(database, new AccessService(database), settings());
  const documents = (): DocumentService =>
    new DocumentService(database, new AccessService(database), originals(), () => Promise.resolve());
  const write = (path: string, text = `text of ${path}`): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const asOwner = <T>(statement: ReturnType<typeof sql>): Promise<T[]> =>
    database.transaction({ role: 'owner', tenant: 1 }, (tx) => tx.many(statement)) as Promise<T[]>;
  const worker = (connect?: () => Promise<Connector>, renewEveryMs?: number): SourceSync =>
    new SourceSync(
      {
        database,
        originals: originals(),
        settings: settings(),
        log: SILENT,
        wake: (id) => Promise.resolve(void woken.push(id)),
        ...(connect && { connect }),
        ...(renewEveryMs !== undefined && { renewEveryMs }),
      },
      1,
    );
  const sync = async (force = false): Promise<Source> => {
    await sources().sync(as(ann), source.id, force);
    await worker().runNext();
    return sources().get(as(ann), source.id);
  };
  const listed = async (who: SignedIn | undefined): Promise<string[]> =>
    (await documents().list(as(who), { limit: 100 })).map((row) => row.path).sort();

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    database = new Database(stack.connection);
    folder = mkdtempSync(join(tmpdir(), 'belay-source-'));
    const identity = new IdentityService(database);
    await identity.prepareTenant(1);
    const person = async (name: string, roles: ('member' | 'admin')[]): Promise<SignedIn> => {
      await identity.addPerson({ tenant: 1, person: 0 }, { name, displayName: name, roles });
      const [row] = await asOwner<{ id: number }>(
        sql`select principal_id as id from principal where name = ${name}`,
      );
      return { tenant: 1, person: row?.id ?? 0, name, displayName: name, roles, actions: null };
    };
    ann = await person('ann', ['member', 'admin']);
    ben = await person('ben', ['member']);
    root = await person('root', ['member', 'admin']);
    await new CollectionService(database, new AccessService(database)).create(ann, {
      name: 'notes',
      title: 'Notes',
    });
    for (const path of ['a.md', 'b.md', 'hr/pay.md', 'c.md']) write(path);
    source = await sources().add(ann, {
      collection: 'notes',
      kind: 'folder',
      location: folder,
      everyMinutes: 60,
      deletes: true,
    });
  }, 120_000);
  afterAll(async () => {
    await database?.close();
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('law-1: nobody reads a place that is not listed, and only managers see sources, only the owner files', async () => {
    const place = { collection: 'notes', kind: 'folder', everyMinutes: 5, deletes: true } as const;
    await expect(sources().add(as(ann), { ...place, location: '/etc' })).rejects.toEqual(
      CODE('auth.forbidden'),
    );
    await expect(sources().add(as(ben), { ...place, location: folder })).rejects.toEqual(CODE('not-found'));
    expect(await sources().list(as(ben))).toEqual([]);
    await expect(sources().get(as(ben), source.id)).rejects.toEqual(CODE('not-found'));
    await expect(sources().sync(as(ben), source.id, true)).rejects.toEqual(CODE('not-found'));
    await expect(sources().remove(as(ben), source.id, 'delete')).rejects.toEqual(CODE('not-found'));
    write('large.md', 'x'.repeat(2000));
    expect((await sync()).problems).toEqual([
      { path: 'large.md', reason: expect.stringContaining('larger') },
    ]);
    expect(JSON.stringify(await sources().list(as(root)))).not.toContain('large.md');
    rmSync(join(folder, 'large.md'));
    await sync();
  });

  it('archestra#7154: what a source brings is private where nothing says who may read it', async () => {
    expect(await listed(ann)).toEqual(['a.md', 'b.md', 'c.md', 'hr/pay.md']);
    expect(await listed(ben)).toEqual([]);
    expect(await listed(root)).toEqual([]);
    const before = woken.length;
    await sync();
    expect(woken.length).toBe(before);
  });

  it('pipeshub-ai#1189: restrictions are mapped; what cannot be mapped is read by nobody', async () => {
    const access = new AccessService(database);
    await access.grant(as(ann), { principal: 'everyone', on: 'notes', effect: 'allow' });
    const say = (rules: object[]): void => write('belay-permissions.json', JSON.stringify({ rules }));
    say([{ path: 'hr', allow: ['person:ann', 'group:unknown'] }]);
    await sync();
    expect(await listed(ben)).toEqual(['a.md', 'b.md', 'c.md']);
    expect(await listed(ann)).toContain('hr/pay.md');
    say([{ path: 'hr', allow: ['person:ann'], deny: ['group:unknown'] }]);
    await sync();
    expect(await listed(ann)).not.toContain('hr/pay.md');
    say([{ path: 'hr', allow: ['person:ben'] }]);
    await sync();
    expect(await listed(ben)).toContain('hr/pay.md');
    expect(await listed(ann)).not.toContain('hr/pay.md');
  });

  it('law-1: a file that moves under a rule is under it in the same sync', async () => {
    write('open.md');
    await sync();
    expect(await listed(ann)).toContain('open.md');
    renameSync(join(folder, 'open.md'), join(folder, 'hr/open.md'));
    await sync();
    expect(await listed(ann)).not.toContain('hr/open.md');
    expect(await listed(ben)).toContain('hr/open.md');
    rmSync(join(folder, 'hr/open.md'));
    await sync();
  });

  it('law-1: permissions that are there but cannot be read stop the sync', async () => {
    const file = join(folder, 'belay-permissions.json');
    renameSync(file, `${file}.away`);
    symlinkSync(join(folder, 'nowhere'), file);
    expect((await sync()).error?.detail).toContain('cannot be read');
    rmSync(file);
    spawnSync('mkfifo', [file]);
    expect((await sync()).error?.detail).toContain('cannot be read');
    rmSync(file);
    renameSync(`${file}.away`, file);
    expect((await sync()).error).toBeNull();
  });

  it('onyx#7384: neither a new version, a lost permission file nor a broken one wipes permissions', async () => {
    write('hr/pay.md', 'other text');
    await sync();
    expect(await listed(ann)).not.toContain('hr/pay.md');
    write('belay-permissions.json', 'broken');
    expect((await sync()).error?.detail).toContain('cannot be read');
    rmSync(join(folder, 'belay-permissions.json'));
    expect((await sync()).error?.detail).toContain('no longer does');
    expect(await listed(ann)).not.toContain('hr/pay.md');
    write('belay-permissions.json', '{"rules":[]}');
    expect((await sync()).error).toBeNull();
    expect(await listed(ann)).toContain('hr/pay.md');
  });

  it('a grant that a person wrote outlives every sync, and moves with the file', async () => {
    const access = new AccessService(database);
    const id = (await documents().list(as(ann), { limit: 100 })).find((row) => row.path === 'b.md')?.id ?? '';
    await access.grant(as(ann), { principal: 'person:ben', on: id, effect: 'deny' });
    mkdirSync(join(folder, 'moved'));
    renameSync(join(folder, 'b.md'), join(folder, 'moved/b.md'));
    await sync();
    expect((await documents().get(as(ann), id)).path).toBe('moved/b.md');
    expect(await listed(ben)).not.toContain('moved/b.md');
  });

  it('onyx#3780: what was deleted here does not come back with the next sync', async () => {
    const id = (await documents().list(as(ann), { limit: 100 })).find((row) => row.path === 'c.md')?.id ?? '';
    await documents().delete(as(ann), id);
    await sync();
    write('c.md', 'new text');
    await sync();
    expect(await listed(ann)).not.toContain('c.md');
    expect(await asOwner(sql`select 1 from source_entry where path = 'c.md' or entry_id = 'c.md'`)).toEqual(
      [],
    );
  });

  it('does not overwrite what somebody else put there', async () => {
    await documents().accept(as(ann), { collection: 'notes', path: 'mine.md', bytes: Buffer.from('mine') });
    write('mine.md', 'theirs');
    expect((await sync()).problems).toEqual([
      { path: 'mine.md', reason: expect.stringContaining('already') },
    ]);
    rmSync(join(folder, 'mine.md'));
    expect((await sync()).problems).toEqual([]);
    expect(await listed(ann)).toContain('mine.md');
  });

  it('onyx#5013: deletions follow; an empty folder deletes nothing, and most of it asks for force', async () => {
    for (let index = 0; index < 6; index += 1) write(`many/${index}.md`);
    await sync();
    rmSync(join(folder, 'a.md'));
    await sync();
    expect(await listed(ann)).not.toContain('a.md');
    renameSync(folder, `${folder}-away`);
    mkdirSync(folder);
    expect((await sync(true)).error?.detail).toContain('empty');
    rmSync(folder, { recursive: true });
    renameSync(`${folder}-away`, folder);
    rmSync(join(folder, 'many'), { recursive: true });
    expect((await sync()).error?.detail).toContain('6 of 8');
    expect((await listed(ann)).filter((path) => path.startsWith('many/'))).toHaveLength(6);
    expect((await sync(true)).error).toBeNull();
    expect((await listed(ann)).filter((path) => path.startsWith('many/'))).toHaveLength(0);
  });

  it('law-5: a sync that is killed goes on at its cursor, and a fetch that fails is tried again and reported', async () => {
    for (let index = 0; index < 620; index += 1)
      write(`long/${String(index).padStart(3, '0')}.md`, `n ${index}`);
    await sources().sync(as(ann), source.id, false);
    const real = await FolderConnector.open(folder, [folder]);
    const cursors: (string | null)[] = [];
    const dying: Connector = {
      list: (cursor) => {
        cursors.push(cursor);
        return cursor === null ? real.list(cursor) : new Promise(() => undefined);
      },
      rules: () => real.rules(),
      fetch: (entry) => real.fetch(entry),
      close: () => Promise.resolve(),
    };
    void worker(() => Promise.resolve(dying)).runNext();
    while (cursors.length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await worker().runNext()).toBe(false);
    await asOwner(sql`update source set lease_until = now() - interval '1 second' returning 1`);
    let failing = 4;
    const flaky: Connector = {
      list: (cursor) => (cursors.push(cursor), real.list(cursor)),
      rules: () => real.rules(),
      fetch: (entry) => {
        const isBad = entry.path === 'long/001.md' || (entry.path === 'long/000.md' && failing-- > 2);
        return isBad ? Promise.reject(new Error('cut off')) : real.fetch(entry);
      },
      close: () => Promise.resolve(),
    };
    expect(await worker(() => Promise.resolve(flaky)).runNext()).toBe(true);
    expect(cursors[2]).toBe(cursors[1]);
    const now = await sources().get(as(ann), source.id);
    expect(now.problems).toEqual([{ path: 'long/001.md', reason: expect.stringContaining('tried again') }]);
    const [row] = await asOwner<{ n: number }>(
      sql`select count(*) as n from document where path like 'long/%'`,
    );
    expect(row?.n).toBe(619);
    expect((await sync()).problems).toEqual([]);
  }, 120_000);

  it('law-5: a fetch that takes long keeps its lease, and one whose lease was lost changes nothing', async () => {
    await sources().sync(as(ann), source.id, false);
    const real = await FolderConnector.open(folder, [folder]);
    write('slow.md', 'fetched slowly');
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let waits = false;
    const slow: Connector = {
      list: (cursor) => real.list(cursor),
      rules: () => real.rules(),
      fetch: async (entry) => {
        waits = true;
        await released;
        return real.fetch(entry);
      },
      close: () => Promise.resolve(),
    };
    const running = worker(() => Promise.resolve(slow), 20).runNext();
    const until = async (holds: () => Promise<boolean> | boolean): Promise<void> => {
      while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await until(() => waits);
    // As if the lease had nearly run out: it is renewed while the bytes are waited for.
    await asOwner(sql`update source set lease_until = now() - interval '1 millisecond' returning 1`);
    await until(async () => {
      const [row] = await asOwner<{ held: boolean }>(sql`select lease_until > now() as held from source`);
      return row?.held === true;
    });
    expect(await worker().runNext()).toBe(false);
    // Another worker has it now, whatever the first believes.
    await asOwner(sql`update source set lease = gen_random_uuid() returning 1`);
    release();
    await running;
    const there = (): Promise<unknown[]> => asOwner(sql`select path from document where path = 'slow.md'`);
    expect(await there()).toEqual([]);
    await asOwner(sql`update source set lease = null, lease_until = null returning 1`);
    await worker().runNext();
    expect(await there()).toHaveLength(1);
    rmSync(join(folder, 'slow.md'));
  });

  it('law-1: a source ends with its owner, and with their right to have the server read for them', async () => {
    const identity = new IdentityService(database);
    const stops = async (): Promise<void> => {
      await sources().sync(as(root), source.id, false);
      await worker().runNext();
      expect((await sources().list(as(root)))[0]?.error?.code).toBe('auth.forbidden');
    };
    await identity.changePerson(as(root), 'ann', { roles: ['member'] });
    await stops();
    await identity.changePerson(as(root), 'ann', { roles: ['member', 'admin'], active: false });
    await stops();
    await identity.changePerson(as(root), 'ann', { active: true });
    expect((await sync()).error).toBeNull();
  });

  it('onyx#1222: a removed source takes its documents along when asked, and no others', async () => {
    await sources().remove(as(ann), source.id, 'delete');
    await worker().runNext();
    expect(await listed(ann)).toEqual(['mine.md']);
    expect(await sources().list(as(ann))).toEqual([]);
  }, 120_000);
});
