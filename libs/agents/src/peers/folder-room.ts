import type { Dirent } from 'node:fs';
import { lstat, opendir, statfs } from 'node:fs/promises';
import { join } from 'node:path';

const MB = 2 ** 20;
const MOST_ENTRIES = 50_000;
/** What a file system keeps free, however its space was taken: files without a name are seen nowhere else. */
const LEAST_FREE = 256 * MB;
const DEFAULT_MB = 1024;

/** A folder that a server may write, and what may lie in it. */
export interface Room {
  readonly name: string;
  readonly folder: string;
  readonly maxMb?: number | undefined;
}

/** Why nothing more may be written into one of these folders; undefined where something may. */
export async function overfull(
  rooms: readonly Room[],
  { entries = MOST_ENTRIES, free = LEAST_FREE } = {},
): Promise<string | undefined> {
  for (const { name, folder, maxMb = DEFAULT_MB } of rooms) {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < free)
      return `the disk that the folder ${name} is on has less than ${free / MB} MB left`;
    const use = await useOf(folder, { entries, bytes: maxMb * MB }).catch(hidden);
    if (use === HIDDEN) return `the folder ${name} holds what cannot be looked at`;
    if (use.bytes > maxMb * MB) return `the folder ${name} holds more than ${maxMb} MB`;
    if (use.entries > entries) return `the folder ${name} holds more than ${entries} files`;
  }
  return undefined;
}

interface Use {
  bytes: number;
  entries: number;
}

/** What a folder takes of the disk, counted until one of the limits is passed. Links are not followed. */
async function useOf(root: string, limit: Use): Promise<Use> {
  const use = { bytes: 0, entries: 0 };
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      use.entries += 1;
      use.bytes += await bytesOf(path);
      if (use.bytes > limit.bytes || use.entries > limit.entries) return use;
    }
  }
  return use;
}

// What is removed while it is looked at takes nothing.
async function* entriesOf(folder: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(folder);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

async function bytesOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).blocks * 512;
  } catch (error) {
    if (isGone(error)) return 0;
    throw error;
  }
}

// Names too long or closed to us could hide anything.
const HIDDEN = 'hidden';
function hidden(error: NodeJS.ErrnoException): typeof HIDDEN {
  if (['EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG'].includes(error.code ?? '')) return HIDDEN;
  throw error;
}

const isGone = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
