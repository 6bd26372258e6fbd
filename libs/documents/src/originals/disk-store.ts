import { lstat, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DomainError } from '@belay/errors';
import type { StoredObject } from './stored-object.js';

/** Originals as files of mode 0600 below one folder, durable when `put` returns. */
export class DiskStore {
  readonly name = 'disk';

  constructor(private readonly folder: string) {}

  async put(key: string, bytes: Buffer | AsyncIterable<Buffer>): Promise<void> {
    const path = this.path(key);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      const file = await open(`${path}.new`, 'w', 0o600);
      try {
        for await (const chunk of Buffer.isBuffer(bytes) ? [bytes] : bytes) await file.writeFile(chunk);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
      await syncFolder(dirname(path));
    } catch (cause) {
      const isFull = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
      if (!isFull)
        throw new DomainError('storage.unavailable', 'The original could not be stored.', { cause });
      throw new DomainError('storage.full', 'The disk for originals is full. Nothing was changed.', {
        cause,
      });
    }
  }

  /** Undefined where there is no such object. */
  async get(key: string): Promise<Buffer | undefined> {
    return readFile(this.path(key)).catch(missing);
  }

  /** Returns when the object is gone; it is no failure where it was gone before. */
  async remove(key: string): Promise<void> {
    for (const path of [this.path(key), `${this.path(key)}.new`]) await unlink(path).catch(missing);
  }

  async has(key: string): Promise<boolean> {
    return (await lstat(this.path(key)).catch(missing)) !== undefined;
  }

  /** Every object, half-written ones included. */
  async *list(): AsyncGenerator<StoredObject> {
    const entries = await readdir(this.folder, { withFileTypes: true, recursive: true }).catch(missing);
    for (const entry of entries ?? []) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const found = await lstat(path).catch(missing);
      const key = path.slice(this.folder.length + 1).replace(/\.new$/, '');
      if (found) yield { key, modifiedAt: found.mtime };
    }
  }

  private path(key: string): string {
    if (!/^[0-9]+\/[0-9a-f]{2}\/[0-9a-f-]{36}$/.test(key)) throw new Error('not the key of an original');
    return join(this.folder, key);
  }
}

function missing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
