import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AccessService } from '@belay/access';
import type { Source } from '@belay/contracts';
import { Database, migrate, sql } from '@belay/database';
import { CollectionService, DocumentService, Originals } from '@belay/documents';
import { IdentityService, type SignedIn } from '@belay/identity';
import { databases, type Stack, startStack } from '@belay/testing/stack';
import { SourceService } from './source.service.js';
import { SourceSync } from './source-sync.js';

const FILE = 'belay-permissions.json';
const HR = { path: 'hr', allow: ['person:hanna'] };
const STOPPED = expect.objectContaining({
  code: 'conflict',
  detail: expect.stringContaining('none now'),
});
const ignore = (): void => undefined;
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

// Each test runs whole synchronisations; on a busy machine that takes longer than Jest waits by itself.
jest.setTimeout(60_000);

describe.each(databases())('rules of a source whose files are gone, on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let database: Database;
  let access: AccessService;
  let top: string;
  const people = new Map<string, SignedIn>();
  const as = (name: string): SignedIn => {
    const person = people.get(name);
    if (!person) throw new Error(`nobody is called ${name}`);
    return person;
  };
  const originals = (): Originals =>
    new Originals({ home: stack.home, originals: 'database', s3: undefined });
  const settings = (maxUploadBytes: number) => ({
    home: stack.home,
    sourceRoots: [top],
    sourceRemotes: [],
    maxUploadBytes,
  });
  const sources = (): SourceService => new SourceService(database, access, settings(1000));
  const documents = (): DocumentService =>
    new DocumentService(database, access, originals(), () => Promise.resolve());
  const listed = async (name: string, collection: string): Promise<string[]> =>
    (await documents().list(as(name), { collection, limit: 100 })).map((row) => row.path).sort();

  /** A folder whose `hr` is for Hanna, in a collection that everyone reads. */
  async function world(
    name: string,
    { deletes = true, rules = [HR] }: { deletes?: boolean; rules?: object[] },
  ) {
    const folder = join(top, name);
    const write = (path: string, text = `${name}: text of ${path}`): void => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    const say = (said: object[]): void => write(FILE, JSON.stringify({ rules: said }));
    write('open.md');
    write('hr/pay.md', `${name}: The yearly bonus pool is SEK 4.4 million.`);
    say(rules);
    await new CollectionService(database, access).create(as('ann'), { name, title: name });
    await access.grant(as('ann'), { principal: 'everyone', on: name, effect: 'allow' });
    const place = { collection: name, kind: 'folder', location: folder, everyMinutes: 60, deletes } as const;
    const { id } = await sources().add(as('ann'), place);
    const sync = async ({ force = false, mostBytes = 1000 } = {}): Promise<Source> => {
      await sources().sync(as('ann'), id, force);
      const tools = { database, originals: originals(), settings: settings(mostBytes), log: SILENT };
      await new SourceSync({ ...tools, wake: () => Promise.resolve() }, 1).runNext();
      return sources().get(as('ann'), id);
    };
    const move = (from: string, to: string): void => renameSync(join(folder, from), join(folder, to));
    const remove = (path: string): void => rmSync(join(folder, path), { recursive: true });
    const reads = (who: string): Promise<string[]> => listed(who, name);
    return { id, folder, write, say, sync, move, remove, reads };
  }

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    database = new Database(stack.connection);
    access = new AccessService(database);
    top = mkdtempSync(join(tmpdir(), 'belay-rules-'));
    const identity = new IdentityService(database);
    await identity.prepareTenant(1);
    for (const name of ['ann', 'hanna', 'erik', 'marta']) {
      const roles: ('member' | 'admin')[] = ['ann', 'marta'].includes(name)
        ? ['member', 'admin']
        : ['member'];
      await identity.addPerson({ tenant: 1, person: 0 }, { name, displayName: name, roles });
      const { id } = await database.transaction({ role: 'owner', tenant: 1 }, (tx) =>
        tx.one<{ id: number }>(sql`select principal_id as id from principal where name = ${name}`),
      );
      people.set(name, { tenant: 1, person: id, name, displayName: name, roles, actions: null });
    }
  }, 120_000);
  afterAll(async () => {
    await database?.close();
    await stack?.stop();
    rmSync(top, { recursive: true, force: true });
  }, 60_000);

  it('law-1: a restricted folder that is renamed stops the sync, and shows nobody more', async () => {
    const { sync, move, say, reads, write } = await world('renamed', {});
    expect((await sync()).error).toBeNull();
    expect(await reads('erik')).toEqual(['open.md']);
    move('hr', 'people');
    write('new.md');
    for (const force of [false, true, false]) {
      const stopped = await sync({ force });
      expect(stopped.error).toEqual(STOPPED);
      expect(stopped.problems).toEqual([{ path: 'hr', reason: expect.stringContaining('matches none now') }]);
      expect(stopped.counts).toEqual({ documents: 2, problems: 0 });
      expect(await reads('erik')).toEqual(['open.md']);
      expect(await reads('hanna')).toEqual(['hr/pay.md', 'open.md']);
    }
    say([{ ...HR, path: 'people' }]);
    expect(await sync()).toMatchObject({ error: null, problems: [] });
    expect(await reads('erik')).toEqual(['new.md', 'open.md']);
    expect(await reads('hanna')).toEqual(['new.md', 'open.md', 'people/pay.md']);
  });

  it('law-1: so does one whose rename comes with other words of the rule or a wider rule around it', async () => {
    const { sync, move, say, reads } = await world('nested', {
      rules: [HR, { path: '', allow: ['everyone'] }],
    });
    await sync();
    move('hr', 'people');
    say([
      { path: '', allow: ['everyone'] },
      { ...HR, allow: ['person:hanna', 'person:ann'] },
    ]);
    expect((await sync()).error).toEqual(STOPPED);
    expect(await reads('erik')).toEqual(['open.md']);
  });

  it('law-1: so does one that is renamed while the permissions vanish', async () => {
    const { sync, move, remove, reads } = await world('silent', {});
    await sync();
    move('hr', 'people');
    remove(FILE);
    expect((await sync()).error?.detail).toContain('no longer does');
    expect(await reads('erik')).toEqual(['open.md']);
  });

  it('law-1: so does one whose only file was deleted in Belay, or never taken', async () => {
    const gone = await world('deleted', {});
    await gone.sync();
    const [pay] = (await documents().list(as('hanna'), { collection: 'deleted', limit: 9 })).filter(
      ({ path }) => path === 'hr/pay.md',
    );
    await documents().delete(as('ann'), pay?.id ?? '');
    expect((await gone.sync()).error).toBeNull();
    gone.move('hr', 'people');
    expect((await gone.sync()).error).toEqual(STOPPED);
    expect(await gone.reads('erik')).toEqual(['open.md']);

    const large = await world('large', {});
    large.write('hr/pay.md', 'x'.repeat(2000));
    expect((await large.sync()).counts.problems).toBe(1);
    large.move('hr', 'people');
    expect((await large.sync({ mostBytes: 5000 })).error).toEqual(STOPPED);
    expect(await large.reads('erik')).toEqual(['open.md']);
  });

  it.each([true, false])(
    'a restricted folder that is gone for good goes with its rule, which may come back (deletes: %p)',
    async (deletes) => {
      const name = `emptied-${deletes ? 'deletes' : 'keeps'}`;
      const { sync, remove, say, reads, write } = await world(name, { deletes });
      await sync();
      remove('hr');
      const stopped = await sync();
      expect(stopped.error).toEqual(STOPPED);
      expect(stopped.error?.detail).toContain('remove the rule');
      expect(await reads('hanna')).toEqual(['hr/pay.md', 'open.md']);
      say([]);
      expect(await sync()).toMatchObject({ error: null, problems: [] });
      expect(await reads('hanna')).toEqual(deletes ? ['open.md'] : ['hr/pay.md', 'open.md']);
      say([HR]);
      expect((await sync()).error).toBeNull();
      write('hr/next.md');
      expect(await sync()).toMatchObject({ error: null, problems: [] });
      expect(await reads('erik')).toEqual(['open.md']);
      expect(await reads('hanna')).toContain('hr/next.md');
    },
  );

  it('law-1: a source that is away does not make its rules forgotten', async () => {
    const { sync, folder, move, reads } = await world('away', { deletes: false });
    await sync();
    renameSync(folder, `${folder}.away`);
    mkdirSync(folder);
    await sync();
    rmSync(folder, { recursive: true });
    renameSync(`${folder}.away`, folder);
    move('hr', 'people');
    expect((await sync()).error).toEqual(STOPPED);
    expect(await reads('erik')).toEqual(['open.md']);
  });

  it('a rule that never matched stops nothing; its path is named to the owner alone', async () => {
    const { id, sync, reads } = await world('typo', { rules: [HR, { path: 'h\u0000rr', allow: [] }] });
    for (const force of [false, true]) {
      expect(await sync({ force })).toMatchObject({
        error: null,
        counts: { documents: 2, problems: 0 },
        problems: [{ path: 'h\u0001rr', reason: expect.stringContaining('matches no file') }],
      });
    }
    expect(await reads('erik')).toEqual(['open.md']);
    expect((await sources().get(as('marta'), id)).problems).toEqual([]);
  });

  it('law-1: which rule stopped a sync is told to nobody but the owner', async () => {
    const { id, sync, move } = await world('secretive', { rules: [{ ...HR, path: 'hr/pay.md' }] });
    await sync();
    move('hr/pay.md', 'hr/wages.md');
    expect((await sync()).problems).toEqual([{ path: 'hr/pay.md', reason: expect.any(String) }]);
    const seen = await sources().get(as('marta'), id);
    expect(seen.error).toEqual(STOPPED);
    expect(JSON.stringify(seen)).not.toContain('pay');
  });
});
