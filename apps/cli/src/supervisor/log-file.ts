import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

const LIMIT = 10 * 1024 * 1024;

/** A log that is renamed to `.1` when it reaches its limit, so a service never fills the disk. */
export class LogFile {
  private file: number;
  private size: number;

  constructor(
    readonly path: string,
    private readonly limit = LIMIT,
  ) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.file = openSync(path, 'a', 0o600);
    this.size = fstatSync(this.file).size;
  }

  /** Appends; on a full disk the data is dropped, because what is logged matters less than what logs it. */
  write(data: string | Buffer): void {
    try {
      if (this.size >= this.limit) this.rotate();
      this.size += writeSync(this.file, data as string);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  close(): void {
    closeSync(this.file);
  }

  private rotate(): void {
    closeSync(this.file);
    renameSync(this.path, `${this.path}.1`);
    this.file = openSync(this.path, 'a', 0o600);
    this.size = 0;
  }
}

/** The last lines of a log, oldest first. */
export function lastLines(path: string, count: number): string[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count);
}
