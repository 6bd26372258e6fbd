import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** A file that is read in pieces: on disk, or inside an archive. */
export interface DataFile {
  readonly size: number;
  /** Bytes `from` up to but without `to`. */
  slice(from: number, to: number): Buffer;
}

/** A file held in memory. */
export function memoryFile(bytes: Buffer): DataFile {
  return { size: bytes.length, slice: (from, to) => bytes.subarray(from, to) };
}

/** A file on disk; each piece is read when it is asked for. Close it with `close`. */
export function diskFile(path: string): DataFile & { close: () => void } {
  const handle = openSync(path, 'r');
  return {
    size: fstatSync(handle).size,
    slice: (from, to) => {
      const bytes = Buffer.allocUnsafe(to - from);
      let filled = 0;
      while (filled < bytes.length) {
        const count = readSync(handle, bytes, filled, bytes.length - filled, from + filled);
        if (count === 0) throw new Error(`${path} ends early`);
        filled += count;
      }
      return bytes;
    },
    close: () => closeSync(handle),
  };
}
