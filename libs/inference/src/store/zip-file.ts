import { crc32, inflateRawSync } from 'node:zlib';
import { invalid } from '../conversion/encoder-weights.js';
import type { DataFile } from './data-file.js';

/** One file of a zip archive. */
interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  readonly crc: number;
  readonly offset: number;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_SIZE = 22;
const MAX_COMMENT = 0xffff;
const MAX_ENTRIES = 10_000;
const STORED = 0;
const DEFLATED = 8;

/** Reads files out of a zip archive, without ever writing by the names in it. */
export class ZipFile {
  private readonly entries = new Map<string, ZipEntry>();

  constructor(private readonly file: DataFile) {
    for (const entry of readDirectory(file)) {
      if (this.entries.has(entry.name)) throw invalid(`the archive holds ${shown(entry.name)} twice`);
      this.entries.set(entry.name, entry);
    }
  }

  names(): string[] {
    return [...this.entries.keys()];
  }

  size(name: string): number | undefined {
    return this.entries.get(name)?.size;
  }

  /** The content of a file of at most `limit` bytes, its checksum compared. */
  read(name: string, limit: number): Buffer {
    const entry = this.entries.get(name);
    if (!entry) throw invalid(`the archive has no ${shown(name)}`);
    if (entry.size > limit || entry.packed > limit)
      throw invalid(`${shown(name)} is larger than ${limit} bytes`);
    const packed = this.packed(entry);
    const content = entry.method === STORED ? packed : inflate(packed, entry);
    if (content.length !== entry.size || crc32(content) !== entry.crc)
      throw invalid(`${shown(name)} does not match its checksum`);
    return content;
  }

  private packed(entry: ZipEntry): Buffer {
    if (entry.method !== STORED && entry.method !== DEFLATED)
      throw invalid(`${shown(entry.name)} is packed in an unknown way`);
    const header = slice(this.file, entry.offset, 30);
    if (header.readUInt32LE(0) !== LOCAL) throw invalid(`${shown(entry.name)} is not where the archive says`);
    const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    return slice(this.file, start, entry.packed);
  }
}

// The size that the archive states bounds what is unpacked: a bomb stops there.
function inflate(packed: Buffer, entry: ZipEntry): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.size) });
  } catch {
    throw invalid(`${shown(entry.name)} is damaged or unpacks to more than it says`);
  }
}

function readDirectory(file: DataFile): ZipEntry[] {
  const tail = slice(file, Math.max(0, file.size - END_SIZE - MAX_COMMENT), undefined);
  let at = tail.length - END_SIZE;
  while (at >= 0 && tail.readUInt32LE(at) !== END) at -= 1;
  if (at < 0) throw invalid('it is no zip archive');
  const count = tail.readUInt16LE(at + 10);
  const size = tail.readUInt32LE(at + 12);
  if (count > MAX_ENTRIES || size > file.size) throw invalid('the archive lists too many files');
  const directory = slice(file, tail.readUInt32LE(at + 16), size);
  const entries: ZipEntry[] = [];
  let position = 0;
  for (let index = 0; index < count; index += 1) {
    if (position + 46 > directory.length || directory.readUInt32LE(position) !== CENTRAL)
      throw invalid('the list of the archive is damaged');
    const nameLength = directory.readUInt16LE(position + 28);
    entries.push({
      name: directory.toString('utf8', position + 46, position + 46 + nameLength),
      method: directory.readUInt16LE(position + 10),
      crc: directory.readUInt32LE(position + 16),
      packed: directory.readUInt32LE(position + 20),
      size: directory.readUInt32LE(position + 24),
      offset: directory.readUInt32LE(position + 42),
    });
    position +=
      46 + nameLength + directory.readUInt16LE(position + 30) + directory.readUInt16LE(position + 32);
  }
  return entries;
}

function slice(file: DataFile, from: number, length: number | undefined): Buffer {
  const to = length === undefined ? file.size : from + length;
  if (from > file.size || to > file.size) throw invalid('the archive ends early');
  return file.slice(from, to);
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 120));
}
