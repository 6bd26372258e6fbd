import type { DataFile } from '../store/data-file.js';
import { invalid } from './encoder-weights.js';

/** Reads little-endian values one after the other; says so when the file ends early. */
export class ByteReader {
  private position = 0;

  constructor(private readonly file: DataFile) {}

  u8 = (): number => this.take(1).readUInt8();
  u16 = (): number => this.take(2).readUInt16LE();
  i32 = (): number => this.take(4).readInt32LE();
  u32 = (): number => this.take(4).readUInt32LE();
  f32 = (): number => this.take(4).readFloatLE();

  u64(): number {
    const value = this.take(8).readBigUInt64LE();
    if (value > BigInt(this.file.size)) throw invalid('the file names a place behind its end');
    return Number(value);
  }

  /** The next `count` bytes. */
  take(count: number): Buffer {
    if (count < 0 || this.position + count > this.file.size) throw invalid('the file ends early');
    const bytes = this.file.slice(this.position, this.position + count);
    this.position += count;
    return bytes;
  }
}
