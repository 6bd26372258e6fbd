import { readFileSync } from 'node:fs';
import { DomainError } from '@belay/errors';
import { WordPieceTokenizer } from './tokenizers/word-piece-tokenizer.js';

const BLOCK = 64;
// Words are kept in two halves: when the newer is full it becomes the older, whose words were not asked for since.
const HALF_OF_CACHE = 6000;
const WORDS_AT_ONCE = 128;
// Field numbers of ONNX's ModelProto, GraphProto and TensorProto.
const FIELD = { graph: 7, initializer: 5, dims: 1, name: 8, rawData: 9 };

interface Tensor {
  readonly dims: number[];
  readonly bytes: Buffer;
}

interface Entry {
  readonly vector: Float32Array;
  norm: number | undefined;
}

/**
 * The rows of a static embedding table, read straight from its graph's file: a word's vector is a sum of rows, so
 * looking one up needs no runtime, no session and no other thread.
 */
export class StaticTable {
  readonly dimension: number;
  private readonly codes: Buffer;
  private readonly scales: Float32Array;
  private readonly tokenizer: WordPieceTokenizer;
  private newer = new Map<string, Entry>();
  private older = new Map<string, Entry>();
  private free = new Float32Array(0);

  constructor(files: ReadonlyMap<string, string>) {
    const tensors = readTensors(readFileSync(files.get('model.onnx') ?? ''));
    const [table, scales] = [tensors.get('table'), tensors.get('scales')];
    if (!table || !scales) throw new DomainError('inference.invalid-model', 'This is no static table.');
    this.dimension = table.dims[1] ?? 0;
    this.codes = table.bytes;
    this.scales = new Float32Array(Uint8Array.from(scales.bytes).buffer);
    const vocabulary = readFileSync(files.get('vocab.txt') ?? '', 'utf8');
    this.tokenizer = new WordPieceTokenizer(vocabulary, { lowercase: true, stripAccents: true });
  }

  /** The sum of the rows of a word's pieces; not normalised, and zero where the table knows none of them. */
  word(word: string): Float32Array {
    return this.entry(word).vector;
  }

  /** The length of that vector. */
  norm(word: string): number {
    const entry = this.entry(word);
    return (entry.norm ??= lengthOf(entry.vector));
  }

  private entry(word: string): Entry {
    const known = this.newer.get(word);
    if (known) return known;
    const entry = this.older.get(word) ?? { vector: this.sumOfPieces(word), norm: undefined };
    if (this.newer.size >= HALF_OF_CACHE) {
      this.older = this.newer;
      this.newer = new Map();
    }
    this.newer.set(word, entry);
    return entry;
  }

  // Memory of its own for each small vector would cost more than its sum.
  private sumOfPieces(word: string): Float32Array {
    if (this.free.length === 0) this.free = new Float32Array(WORDS_AT_ONCE * this.dimension);
    const sum = this.free.subarray(0, this.dimension);
    this.free = this.free.subarray(this.dimension);
    for (const id of this.tokenizer.encode(word)) this.addRow(id, sum);
    return sum;
  }

  // Two signed 4-bit codes a byte, the even one low; one scale for 64 of them.
  private addRow(id: number, sum: Float32Array): void {
    const start = id * this.dimension;
    for (let at = 0; at < this.dimension;) {
      const scale = this.scales[Math.floor((start + at) / BLOCK)] ?? 0;
      const end = Math.min(this.dimension, at + BLOCK - ((start + at) % BLOCK));
      for (; at < end; at += 2) {
        const byte = this.codes[(start + at) >> 1] ?? 0;
        sum[at] = (sum[at] as number) + (((byte & 15) ^ 8) - 8) * scale;
        sum[at + 1] = (sum[at + 1] as number) + (((byte >> 4) ^ 8) - 8) * scale;
      }
    }
  }
}

function lengthOf(vector: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < vector.length; at += 1) sum += (vector[at] as number) * (vector[at] as number);
  return Math.sqrt(sum);
}

function readTensors(file: Buffer): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const graph of fields(file).filter(({ field }) => field === FIELD.graph)) {
    for (const { field, bytes } of fields(graph.bytes)) {
      if (field !== FIELD.initializer) continue;
      const own = fields(bytes);
      const name = own.find((entry) => entry.field === FIELD.name)?.bytes.toString('utf8') ?? '';
      const data = own.find((entry) => entry.field === FIELD.rawData)?.bytes ?? Buffer.alloc(0);
      const dims = own.filter((entry) => entry.field === FIELD.dims).map(({ value }) => value);
      tensors.set(name, { dims, bytes: data });
    }
  }
  return tensors;
}

interface Field {
  readonly field: number;
  readonly value: number;
  readonly bytes: Buffer;
}

/** The fields of one protobuf message. */
function fields(message: Buffer): Field[] {
  const found: Field[] = [];
  const NONE = Buffer.alloc(0);
  for (let at = 0; at < message.length;) {
    const tag = varint(message, at);
    const field = tag.value >> 3;
    const kind = tag.value & 7;
    if (kind === 0) {
      const number = varint(message, tag.next);
      found.push({ field, value: number.value, bytes: NONE });
      at = number.next;
    } else {
      const length = kind === 2 ? varint(message, tag.next) : { value: kind === 5 ? 4 : 8, next: tag.next };
      at = length.next + length.value;
      found.push({ field, value: 0, bytes: message.subarray(length.next, at) });
    }
  }
  return found;
}

function varint(message: Buffer, from: number): { value: number; next: number } {
  let value = 0;
  for (let at = from, weight = 1; at < message.length; at += 1, weight *= 128) {
    const byte = message[at] ?? 0;
    value += (byte & 127) * weight;
    if (byte < 128) return { value, next: at + 1 };
  }
  throw new DomainError('inference.invalid-model', 'The model file ends too early.');
}
