import { z } from 'zod';
import type { DataFile } from '../store/data-file.js';
import {
  checkFinite,
  checkShape,
  type EncoderShape,
  type EncoderWeights,
  invalid,
} from './encoder-weights.js';
import { fromBrainHalf, fromHalf } from './half-floats.js';

const HEADER_LIMIT = 16 * 2 ** 20;
const BYTES = { F32: 4, F16: 2, BF16: 2 } as const;
type NumberType = keyof typeof BYTES;

const Entry = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()).max(8),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});
type Tensor = z.infer<typeof Entry>;
const PREFIXES = ['', 'bert.', 'roberta.', 'model.'];

/** The encoder in a safetensors file. Sizes in the header are compared with the file before anything is read by them. */
export function safetensorsEncoder(
  file: DataFile,
  shape: EncoderShape,
  firstPosition: number,
): EncoderWeights {
  checkShape(shape);
  const { tensors, start } = readHeader(file);
  const prefix = PREFIXES.find((one) => tensors.has(`${one}embeddings.word_embeddings.weight`));
  if (prefix === undefined) throw invalid('its weights are not those of a BERT-family encoder');
  const find = (name: string, expected: readonly number[]): Tensor => {
    const tensor = tensors.get(prefix + name);
    if (!tensor) throw invalid(`the tensor ${name} is missing`);
    if (!(tensor.dtype in BYTES))
      throw invalid(`${name} holds numbers of the type ${tensor.dtype.slice(0, 20)}`);
    if (tensor.shape.join() !== expected.join())
      throw invalid(`${name} has the shape ${tensor.shape.join('×')} instead of ${expected.join('×')}`);
    return tensor;
  };
  const read = (name: string, tensor: Tensor, from: number, count: number): Float32Array => {
    const type = tensor.dtype as NumberType;
    const begin = start + tensor.data_offsets[0] + from * BYTES[type];
    return checkFinite(name, decode(type, file.slice(begin, begin + count * BYTES[type])));
  };
  const words = find('embeddings.word_embeddings.weight', [shape.vocabulary, shape.hidden]);
  const positions = 'embeddings.position_embeddings.weight';
  return {
    shape,
    packedWords: undefined,
    tensor: (name, expected) => {
      // RoBERTa counts positions from behind its padding token: the rows before are never used.
      const skipped = name === positions ? firstPosition : 0;
      const [rows = 0, ...rest] = expected;
      const tensor = find(name, [rows + skipped, ...rest]);
      const row = rest.reduce((product, size) => product * size, 1);
      return read(name, tensor, skipped * row, rows * row);
    },
    tokenType: () => {
      const name = 'embeddings.token_type_embeddings.weight';
      const rows = tensors.get(prefix + name)?.shape[0] ?? 0;
      const tensor = find(name, [rows, shape.hidden]);
      return read('the token types', tensor, 0, shape.hidden);
    },
    word: (id) => read('a word vector', words, id * shape.hidden, shape.hidden),
  };
}

function readHeader(file: DataFile): { tensors: Map<string, Tensor>; start: number } {
  if (file.size < 8) throw invalid('the safetensors file is empty');
  const length = Number(file.slice(0, 8).readBigUInt64LE());
  if (length > HEADER_LIMIT || 8 + length > file.size)
    throw invalid('the safetensors header is longer than the file');
  const start = 8 + length;
  const header = parseHeader(file.slice(8, start).toString('utf8'));
  const tensors = new Map<string, Tensor>();
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const parsed = Entry.safeParse(value);
    if (!parsed.success) throw invalid(`the entry of ${name.slice(0, 80)} cannot be read`);
    checkExtent(name, parsed.data, file.size - start);
    tensors.set(name, parsed.data);
  }
  return { tensors, start };
}

function parseHeader(text: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    throw invalid('the safetensors header is not JSON');
  }
}

function checkExtent(name: string, tensor: Tensor, available: number): void {
  const [begin, end] = tensor.data_offsets;
  if (end < begin || end > available) throw invalid(`${name.slice(0, 80)} lies outside the file`);
  if (!(tensor.dtype in BYTES)) return;
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  if (count * BYTES[tensor.dtype as NumberType] !== end - begin)
    throw invalid(`${name.slice(0, 80)} has another size than its shape says`);
}

function decode(type: NumberType, bytes: Buffer): Float32Array {
  const count = bytes.length / BYTES[type];
  const values = new Float32Array(count);
  if (type === 'F32') {
    for (let index = 0; index < count; index += 1) values[index] = bytes.readFloatLE(index * 4);
    return values;
  }
  const convert = type === 'F16' ? fromHalf : fromBrainHalf;
  for (let index = 0; index < count; index += 1) values[index] = convert(bytes.readUInt16LE(index * 2));
  return values;
}
