import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Bytes on their way in, in a file of their own, so that no upload is held in memory. */
export interface StagedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

const LEFT_MS = 3_600_000;

/** The folder for files on their way in. What a killed process left there goes when one begins an hour later. */
export class StagingFolder {
  private readonly folder: string;

  constructor(home: string) {
    this.folder = join(home, 'uploads');
    for (const name of existsSync(this.folder) ? readdirSync(this.folder) : []) {
      const path = join(this.folder, name);
      const left = statSync(path, { throwIfNoEntry: false });
      if (left && Date.now() - left.mtimeMs > LEFT_MS) rmSync(path, { force: true });
    }
  }

  /** Writes a stream down and digests it as it passes; a stream that breaks off leaves nothing. */
  async stage(stream: Readable): Promise<StagedFile> {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const path = join(this.folder, randomUUID());
    const digest = createHash('sha256');
    let size = 0;
    const counted = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        size += chunk.length;
        digest.update(chunk);
        yield chunk;
      }
    };
    try {
      await pipeline(stream, counted, createWriteStream(path, { mode: 0o600 }));
    } catch (error) {
      await this.discard(path);
      throw error;
    }
    return { path, size, sha256: digest.digest('hex') };
  }

  discard(path: string): Promise<void> {
    return rm(path, { force: true });
  }
}
