import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A file as it lay when the folder was looked through; `stamp` changes whenever its bytes may have. */
export interface FoundFile {
  readonly stamp: string;
  readonly bytes: number;
}

/** What a folder holds: files by path below it, and what could not be looked into. */
export interface Scan {
  readonly files: ReadonlyMap<string, FoundFile>;
  /** Paths of folders and files that cannot be read now: what lies there is neither new nor gone. */
  readonly unreadable: readonly { path: string; reason: string }[];
}

/**
 * Looks through a folder. Links are not followed, because they may lead out of it or back; what begins with a dot
 * is left out. Throws where the folder itself cannot be read.
 */
export async function scanFolder(root: string): Promise<Scan> {
  const files = new Map<string, FoundFile>();
  const unreadable: { path: string; reason: string }[] = [];
  const folders = [''];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const entry of await entriesOf(root, at, unreadable)) {
      if (entry.name.startsWith('.')) continue;
      const path = at === '' ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      if (entry.isFile()) await look(root, path, files, unreadable);
    }
  }
  return { files, unreadable };
}

async function entriesOf(
  root: string,
  at: string,
  unreadable: { path: string; reason: string }[],
): Promise<Dirent[]> {
  try {
    return await readdir(join(root, at), { withFileTypes: true });
  } catch (error) {
    if (at === '') throw error;
    // A folder that went away meanwhile is gone; any other failure says nothing about what it holds.
    if (codeOf(error) !== 'ENOENT') unreadable.push({ path: at, reason: reasonOf(error) });
    return [];
  }
}

async function look(
  root: string,
  path: string,
  files: Map<string, FoundFile>,
  unreadable: { path: string; reason: string }[],
): Promise<void> {
  try {
    const { ino, size, mtimeNs } = await lstat(join(root, path), { bigint: true });
    files.set(path, { stamp: `${ino}-${size}-${mtimeNs}`, bytes: Number(size) });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') unreadable.push({ path, reason: reasonOf(error) });
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
const reasonOf = (error: unknown): string =>
  codeOf(error) === 'EACCES' ? 'It may not be read by this user.' : (error as Error).message;
