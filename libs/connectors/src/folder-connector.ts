import { constants } from 'node:fs';
import { lstat, open, readdir, readlink, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { tooLarge } from '@belay/documents';
import { DomainError } from '@belay/errors';
import type { Connector, Entry, Page, Rule } from './connector.js';
import { PERMISSIONS_FILE, type PermissionRules, readPermissions, unreadable } from './read-permissions.js';

const PAGE = 500;
const MOST_PERMISSIONS = 4 * 1024 ** 2;

/** A folder of this server below one of the roots that its configuration names. Links are never followed. */
export class FolderConnector implements Connector {
  private listing: Promise<{ paths: string[]; rules: PermissionRules }> | undefined;

  private constructor(
    private readonly root: string,
    private readonly mostBytes: number,
  ) {}

  /** Throws `auth.forbidden` for a folder that no root contains, whether it is there or not. */
  static async open(
    location: string,
    roots: readonly string[],
    mostBytes = Number.MAX_SAFE_INTEGER,
  ): Promise<FolderConnector> {
    return new FolderConnector(await allowedFolder(location, roots), mostBytes);
  }

  async list(cursor: string | null): Promise<Page> {
    this.listing ??= this.walk();
    const { paths, rules } = await this.listing;
    const from = cursor === null ? 0 : firstAfter(paths, cursor);
    const page = paths.slice(from, from + PAGE);
    const entries = await Promise.all(page.map((path) => this.entry(path, rules)));
    const isLast = from + PAGE >= paths.length;
    return {
      entries: entries.filter((entry) => entry !== undefined),
      cursor: isLast ? null : (page.at(-1) ?? null),
    };
  }

  async rules(): Promise<readonly Rule[]> {
    this.listing ??= this.walk();
    return (await this.listing).rules.rules;
  }

  async fetch({ path, revision }: Pick<Entry, 'path' | 'revision'>): Promise<Buffer> {
    const file = await open(
      join(this.root, path),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    try {
      // A folder on the way may have become a link since the listing.
      const actual = await readlink(`/proc/self/fd/${file.fd}`).catch(() => realpath(join(this.root, path)));
      const before = await file.stat({ bigint: true });
      if (actual !== join(this.root, path) || !before.isFile())
        throw new DomainError('auth.forbidden', 'It is no longer a file of this folder.');
      // Before it is read: one file must not fill the worker's memory.
      if (before.size > BigInt(this.mostBytes)) throw tooLarge(this.mostBytes);
      const bytes = await file.readFile();
      const after = await file.stat({ bigint: true });
      if (revisionOf(before) !== revision || revisionOf(after) !== revision)
        throw new DomainError('conflict', 'It changed while it was read. The next sync takes it.');
      return bytes;
    } finally {
      await file.close();
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  // A folder that cannot be read ends the listing: what lies in it must not look gone.
  private async walk(): Promise<{ paths: string[]; rules: PermissionRules }> {
    const rules = readPermissions(await this.permissions());
    const paths: string[] = [];
    const folders = [''];
    for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
      for (const entry of await this.entriesOf(at)) {
        if (entry.name.startsWith('.')) continue;
        const path = at === '' ? entry.name : `${at}/${entry.name}`;
        if (entry.isDirectory()) folders.push(path);
        if (entry.isFile() && path !== PERMISSIONS_FILE) paths.push(path);
      }
    }
    return { paths: paths.sort(), rules };
  }

  // Undefined only where there is no such name: a link to nowhere, or what is no file, must not look like silence.
  private async permissions(): Promise<string | undefined> {
    const path = join(this.root, PERMISSIONS_FILE);
    if ((await lstat(path).catch(missing)) === undefined) return undefined;
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
      throw unreadable(cause);
    });
    try {
      const found = await file.stat();
      if (!found.isFile() || found.size > MOST_PERMISSIONS) throw unreadable();
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  }

  private async entriesOf(at: string): ReturnType<typeof readFolder> {
    try {
      return await readFolder(join(this.root, at));
    } catch (cause) {
      throw new DomainError('service.unavailable', `The folder "${at}" of the source cannot be read.`, {
        cause,
      });
    }
  }

  private async entry(path: string, rules: PermissionRules): Promise<Entry | undefined> {
    const found = await lstat(join(this.root, path), { bigint: true }).catch(missing);
    if (!found?.isFile()) return undefined;
    return {
      id: path,
      path,
      revision: revisionOf(found),
      bytes: Number(found.size),
      permissions: rules.of(path),
    };
  }
}

const readFolder = (path: string) => readdir(path, { withFileTypes: true });
const revisionOf = ({ ino, size, mtimeNs }: { ino: bigint; size: bigint; mtimeNs: bigint }): string =>
  `${ino}-${size}-${mtimeNs}`;

function firstAfter(paths: readonly string[], cursor: string): number {
  const at = paths.findIndex((path) => path > cursor);
  return at === -1 ? paths.length : at;
}

function missing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}

/** The real path of a folder that lies in one of the roots. Throws `auth.forbidden` for any other. */
export async function allowedFolder(location: string, roots: readonly string[]): Promise<string> {
  const real = await realpath(location).catch(() => undefined);
  for (const root of roots) {
    const top = await realpath(root).catch(() => undefined);
    if (real && top && (real === top || real.startsWith(top.endsWith(sep) ? top : `${top}${sep}`)))
      return real;
  }
  throw new DomainError(
    'auth.forbidden',
    'Sources may not read that place. Whoever runs Belay names the folders that they may read in BELAY_SOURCE_ROOTS.',
  );
}
