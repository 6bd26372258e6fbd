/**
 * What every connector must do, as specs. A world is a real source that can be changed; a connector that passes can be
 * synced, interrupted and resumed without losing or inventing anything.
 */
import { expect, it } from '@jest/globals';

interface KitEntry {
  readonly id: string;
  readonly path: string;
  readonly revision: string;
  readonly bytes: number;
  readonly permissions: { readonly kind: string };
}
interface KitConnector {
  list(cursor: string | null): Promise<{ entries: readonly KitEntry[]; cursor: string | null }>;
  rules(): Promise<readonly { path: string }[]>;
  fetch(entry: KitEntry): Promise<Buffer>;
  close(): Promise<void>;
}

/** A source under test. `commit` makes changes visible where that takes a step of its own. */
export interface ConnectorWorld {
  open(): Promise<KitConnector>;
  write(path: string, text: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  link(path: string, target: string): void;
  commit(): void;
}

export async function everything(connector: KitConnector, from: string | null = null): Promise<KitEntry[]> {
  const all: KitEntry[] = [];
  let cursor = from;
  do {
    const page = await connector.list(cursor);
    all.push(...page.entries);
    ({ cursor } = page);
  } while (cursor !== null);
  return all;
}

const paths = (entries: readonly KitEntry[]): string[] => entries.map((entry) => entry.path).sort();

/** Declares the specs of one kind of connector; `make` gives a new, empty world. */
export function itKeepsTheContract(make: () => ConnectorWorld): void {
  itLists(make);
  itNoticesChanges(make);
  itSaysWhoMayRead(make);
  itIsNotMisled(make);
}

async function listOf(world: ConnectorWorld): Promise<KitEntry[]> {
  const connector = await world.open();
  try {
    return await everything(connector);
  } finally {
    await connector.close();
  }
}

function itLists(make: () => ConnectorWorld): void {
  it('lists and fetches what is there, twice alike', async () => {
    const world = make();
    world.write('a.md', 'first');
    world.write('deep/er/b.txt', 'zwölf Boxkämpfer');
    world.commit();
    const connector = await world.open();
    const entries = await everything(connector);
    expect(paths(entries)).toEqual(['a.md', 'deep/er/b.txt']);
    const texts = await Promise.all(entries.map(async (entry) => (await connector.fetch(entry)).toString()));
    expect(texts.sort()).toEqual(['first', 'zwölf Boxkämpfer']);
    await connector.close();
    expect(await listOf(world)).toEqual(entries);
  });

  it('goes on from any cursor in a new process, and loses nothing of a long listing', async () => {
    const world = make();
    for (let index = 0; index < 1200; index += 1) world.write(`many/${index}.md`, `number ${index}`);
    world.commit();
    const first = await world.open();
    const page = await first.list(null);
    expect(page.cursor).not.toBeNull();
    const second = await world.open();
    const rest = await everything(second, page.cursor);
    expect(new Set(paths([...page.entries, ...rest])).size).toBe(1200);
    await second.close();
  }, 60_000);
}

function itNoticesChanges(make: () => ConnectorWorld): void {
  it('says by revisions what changed, by ids what stayed, and keeps revisions through a rename', async () => {
    const world = make();
    world.write('a.md', 'one');
    world.write('b.md', 'two');
    world.write('c.md', 'three');
    world.commit();
    const before = new Map((await listOf(world)).map((entry) => [entry.path, entry]));
    world.write('a.md', 'one, changed');
    world.rename('b.md', 'moved/b.md');
    world.remove('c.md');
    world.commit();
    const after = new Map((await listOf(world)).map((entry) => [entry.path, entry]));
    expect([...after.keys()].sort()).toEqual(['a.md', 'moved/b.md']);
    expect(after.get('a.md')?.id).toBe(before.get('a.md')?.id);
    expect(after.get('a.md')?.revision).not.toBe(before.get('a.md')?.revision);
    expect(after.get('moved/b.md')?.revision).toBe(before.get('b.md')?.revision);
  });
}

function itSaysWhoMayRead(make: () => ConnectorWorld): void {
  it('pipeshub-ai#1189, archestra#7154: tells unsaid, inherited and restricted to nobody apart', async () => {
    const world = make();
    world.write('open/a.md', 'a');
    world.write('hr/b.md', 'b');
    world.write('nobody/c.md', 'c');
    world.commit();
    expect((await listOf(world)).map((entry) => entry.permissions.kind)).toEqual([
      'unsaid',
      'unsaid',
      'unsaid',
    ]);
    const rules = [
      { path: 'hr', allow: ['group:hr'], deny: ['person:ben'] },
      { path: 'nobody', allow: [] },
    ];
    world.write('belay-permissions.json', JSON.stringify({ rules }));
    world.commit();
    const said = new Map((await listOf(world)).map((entry) => [entry.path, entry.permissions]));
    expect(said.get('open/a.md')).toEqual({ kind: 'inherited' });
    expect(said.get('hr/b.md')).toEqual({ kind: 'restricted', allow: ['group:hr'], deny: ['person:ben'] });
    expect(said.get('nobody/c.md')).toEqual({ kind: 'restricted', allow: [], deny: [] });
    expect(said.has('belay-permissions.json')).toBe(false);
    const resumed = await world.open();
    expect((await resumed.rules()).map(({ path }) => path)).toEqual(['nobody', 'hr']);
    await resumed.close();
    world.write('belay-permissions.json', '{"rules":"all"}');
    world.commit();
    await expect(listOf(world)).rejects.toThrow('cannot be read');
  });
}

function itIsNotMisled(make: () => ConnectorWorld): void {
  it('follows no link, shows nothing hidden, and survives strange names', async () => {
    const world = make();
    world.write('plain.md', 'plain');
    world.write('.hidden/secret.md', 'secret');
    world.write('line\nbreak.md', 'x');
    world.write('--upload-pack=touch.md', 'x');
    world.write('back\\slash.md', 'x');
    world.link('passwd.md', '/etc/passwd');
    world.link('loop', '.');
    world.commit();
    const listed = await listOf(world);
    expect(paths(listed)).toEqual(['--upload-pack=touch.md', 'back\\slash.md', 'line\nbreak.md', 'plain.md']);
  });

  it('a fetch of what is not there (any more) fails', async () => {
    const world = make();
    world.write('a.md', 'text');
    world.commit();
    const connector = await world.open();
    const [entry] = await everything(connector);
    if (!entry) throw new Error('nothing was listed');
    await expect(connector.fetch({ ...entry, path: 'gone.md', revision: '0'.repeat(40) })).rejects.toThrow();
    await connector.close();
  });
}
