import type { DataFile } from '../store/data-file.js';
import type { UnigramVocabulary } from '../tokenizers/unigram-tokenizer.js';
import { ByteReader } from './byte-reader.js';
import {
  checkFinite,
  checkShape,
  type EncoderShape,
  type EncoderWeights,
  invalid,
  type PackedWords,
} from './encoder-weights.js';
import { fromHalf } from './half-floats.js';

const MAGIC = 'E5S1';
const BLOCK = 32;
const BLOCK_BYTES = 18;
const MAX_TENSORS = 4096;
const MAX_CODE_POINT = 0x10ffff;

interface Tensor {
  readonly quantised: boolean;
  readonly values: number;
  readonly offset: number;
}

/** Whether these are the first bytes of a packed 4-bit encoder. */
export function isQ4File(file: DataFile): boolean {
  return file.size > 64 && file.slice(0, 4).toString('latin1') === MAGIC;
}

/**
 * The encoder and the vocabulary of a packed 4-bit file: magic, sizes, Unigram pieces, code point replacements,
 * directory of tensors, then float32 and Q4_0 data (blocks of 32: half precision scale, 16 bytes whose low halves are
 * the first 16 values).
 */
export function readQ4File(file: DataFile): { weights: EncoderWeights; vocabulary: UnigramVocabulary } {
  const reader = new ByteReader(file);
  if (reader.take(4).toString('latin1') !== MAGIC || reader.u32() !== 1)
    throw invalid('it is no packed 4-bit encoder of version 1');
  const { shape, types } = readShape(reader);
  const vocabulary = readVocabulary(reader, shape.vocabulary);
  return { weights: q4Weights(file, shape, types, readDirectory(reader, file)), vocabulary };
}

function readShape(reader: ByteReader): { shape: EncoderShape; types: number } {
  const [hidden, layers, heads] = [reader.i32(), reader.i32(), reader.i32()];
  const [intermediate, vocabulary, positions] = [reader.i32(), reader.i32(), reader.i32()];
  const types = reader.i32();
  const shape = { hidden, layers, heads, intermediate, vocabulary, positions, epsilon: reader.f32() };
  checkShape(shape);
  if (reader.i32() !== BLOCK || hidden % BLOCK !== 0 || intermediate % BLOCK !== 0)
    throw invalid(`its blocks are not of ${BLOCK} values`);
  if (types < 1 || types > 16) throw invalid(`it has ${types} token types`);
  return { shape, types };
}

function readVocabulary(reader: ByteReader, rows: number): UnigramVocabulary {
  const count = reader.i32();
  const named = Array.from({ length: 4 }, reader.i32);
  const [begin = 0, end = 0, , unknown = 0] = named;
  if (count < 1 || count > rows || named.some((id) => id < 0 || id >= count))
    throw invalid('its vocabulary does not fit its word table');
  const length = reader.u64();
  const offsets = Array.from({ length: count + 1 }, reader.u32);
  const scores = floats(reader.take(count * 4));
  checkFinite('the vocabulary', Float32Array.from(scores));
  const text = reader.take(length);
  const pieces = scores.map((score, id): [string, number] => {
    const [from = 0, to = 0] = [offsets[id], offsets[id + 1]];
    if (to < from || to > length) throw invalid('a piece of its vocabulary lies outside');
    return [text.toString('utf8', from, to), score];
  });
  // Control pieces have no score; real ones are logarithms of probabilities.
  const control = pieces.flatMap(([piece, score], id) => (score === 0 && /^<.*>$/.test(piece) ? [id] : []));
  const special = [...named, ...control];
  return { pieces, begin, end, unknown, special, splitAtSpaces: true, normaliser: readReplacements(reader) };
}

function floats(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}

function readReplacements(reader: ByteReader): UnigramVocabulary['normaliser'] {
  const count = reader.i32();
  const bytes = reader.take(reader.u32());
  const inner = new ByteReader({ size: bytes.length, slice: (from, to) => bytes.subarray(from, to) });
  const codePoint = (): string => {
    const value = inner.u32();
    if (value > MAX_CODE_POINT) throw invalid('its normalisation names a character that does not exist');
    return String.fromCodePoint(value);
  };
  const replacements: Record<string, string> = {};
  for (let index = 0; index < count; index += 1) {
    const from = codePoint();
    replacements[from] = Array.from({ length: inner.u8() }, codePoint).join('');
  }
  return { type: 'replacements', replacements };
}

function readDirectory(reader: ByteReader, file: DataFile): Map<string, Tensor> {
  const count = reader.i32();
  if (count < 1 || count > MAX_TENSORS) throw invalid(`it lists ${count} tensors`);
  const tensors = new Map<string, Tensor>();
  for (let index = 0; index < count; index += 1) {
    const name = reader.take(reader.u16()).toString('utf8');
    const quantised = reader.u8() === 1;
    const values = reader.u32();
    const offset = reader.u64();
    const bytes = reader.u64();
    const expected = quantised ? (values / BLOCK) * BLOCK_BYTES : values * 4;
    if (expected !== bytes || offset + bytes > file.size)
      throw invalid(`${name.slice(0, 80)} does not lie in the file as its size says`);
    tensors.set(name, { quantised, values, offset });
  }
  return tensors;
}

const LAYER_NAMES: Record<string, string> = {
  'attention.self.query': 'q',
  'attention.self.key': 'k',
  'attention.self.value': 'v',
  'attention.output.dense': 'ao',
  'attention.output.LayerNorm': 'aln',
  'intermediate.dense': 'fi',
  'output.dense': 'fo',
  'output.LayerNorm': 'oln',
};
const EMBEDDING_NAMES: Record<string, string> = {
  'embeddings.position_embeddings.weight': 'emb.pos',
  'embeddings.LayerNorm.weight': 'emb.ln.w',
  'embeddings.LayerNorm.bias': 'emb.ln.b',
};

function shortName(name: string): string {
  const [, layer, part = '', kind] = /^encoder\.layer\.(\d+)\.(.+)\.(weight|bias)$/.exec(name) ?? [];
  if (layer !== undefined) return `l${layer}.${LAYER_NAMES[part]}.${kind === 'weight' ? 'w' : 'b'}`;
  return EMBEDDING_NAMES[name] ?? name;
}

function q4Weights(
  file: DataFile,
  shape: EncoderShape,
  types: number,
  tensors: Map<string, Tensor>,
): EncoderWeights {
  const { hidden, vocabulary } = shape;
  const find = (name: string, expected: readonly number[]): Tensor => {
    const tensor = tensors.get(name);
    if (!tensor) throw invalid(`the tensor ${name} is missing`);
    const count = expected.reduce((product, size) => product * size, 1);
    if (tensor.values !== count) throw invalid(`${name} holds ${tensor.values} values instead of ${count}`);
    return tensor;
  };
  const read = (name: string, expected: readonly number[]): Float32Array => {
    const tensor = find(name, expected);
    const bytes = tensor.quantised ? (tensor.values / BLOCK) * BLOCK_BYTES : tensor.values * 4;
    const data = file.slice(tensor.offset, tensor.offset + bytes);
    return checkFinite(name, tensor.quantised ? dequantise(data) : Float32Array.from(floats(data)));
  };
  const words = find('emb.word', [vocabulary, hidden]);
  const wordBytes = (hidden / BLOCK) * BLOCK_BYTES;
  const wordTable = file.slice(words.offset, words.offset + vocabulary * wordBytes);
  if (!words.quantised) throw invalid('its word table is not quantised');
  return {
    shape,
    tensor: (name, expected) => read(shortName(name), expected),
    tokenType: () => read('emb.type', [types, hidden]).slice(0, hidden),
    word: (id) =>
      checkFinite('a word vector', dequantise(wordTable.subarray(id * wordBytes, (id + 1) * wordBytes))),
    packedWords: pack(wordTable),
  };
}

function dequantise(data: Buffer): Float32Array {
  const blocks = data.length / BLOCK_BYTES;
  const values = new Float32Array(blocks * BLOCK);
  for (let block = 0; block < blocks; block += 1) {
    const at = block * BLOCK_BYTES;
    const scale = fromHalf(data.readUInt16LE(at));
    for (let index = 0; index < BLOCK / 2; index += 1) {
      const byte = data[at + 2 + index] as number;
      values[block * BLOCK + index] = ((byte & 15) - 8) * scale;
      values[block * BLOCK + BLOCK / 2 + index] = ((byte >> 4) - 8) * scale;
    }
  }
  return values;
}

// The file pairs the values j and j + 16 in a byte; the runtime's operator expects neighbours.
function pack(data: Buffer): PackedWords {
  const blocks = data.length / BLOCK_BYTES;
  const values = new Uint8Array((blocks * BLOCK) / 2);
  const scales = new Float32Array(blocks);
  for (let block = 0; block < blocks; block += 1) {
    const at = block * BLOCK_BYTES;
    scales[block] = fromHalf(data.readUInt16LE(at));
    const nibble = (index: number): number => {
      const byte = data[at + 2 + (index % 16)] as number;
      return index < 16 ? byte & 15 : byte >> 4;
    };
    for (let index = 0; index < BLOCK; index += 2)
      values[(block * BLOCK + index) / 2] = nibble(index) | (nibble(index + 1) << 4);
  }
  return { blockSize: BLOCK, values, scales: checkFinite('the word table', scales) };
}
