import type { EncoderShape } from './encoder-weights.js';

/** A small random encoder, the same for the same seed. For tests. */
export interface TinyEncoder {
  readonly shape: EncoderShape;
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;
}

export const TINY: EncoderShape = {
  layers: 2,
  hidden: 32,
  heads: 4,
  intermediate: 64,
  vocabulary: 40,
  positions: 64,
  epsilon: 1e-12,
};

/** Draws every weight of an encoder of this shape. */
export function tinyEncoder(shape: EncoderShape = TINY, seed = 7): TinyEncoder {
  const { hidden, intermediate } = shape;
  const draw = random(seed);
  const tensors = new Map<string, { shape: readonly number[]; values: Float32Array }>();
  const add = (name: string, sizes: readonly number[], middle = 0, spread = 0.4): void => {
    const count = sizes.reduce((product, size) => product * size, 1);
    tensors.set(name, {
      shape: sizes,
      values: Float32Array.from({ length: count }, () => middle + spread * draw()),
    });
  };
  const linear = (name: string, outputs: number, inputs: number): void => {
    add(`${name}.weight`, [outputs, inputs]);
    add(`${name}.bias`, [outputs], 0, 0.1);
  };
  const norm = (name: string): void => {
    add(`${name}.LayerNorm.weight`, [hidden], 1, 0.1);
    add(`${name}.LayerNorm.bias`, [hidden], 0, 0.1);
  };
  add('embeddings.word_embeddings.weight', [shape.vocabulary, hidden]);
  add('embeddings.position_embeddings.weight', [shape.positions, hidden], 0, 0.1);
  add('embeddings.token_type_embeddings.weight', [2, hidden], 0, 0.1);
  norm('embeddings');
  for (let layer = 0; layer < shape.layers; layer += 1) {
    const name = `encoder.layer.${layer}`;
    for (const part of ['query', 'key', 'value']) linear(`${name}.attention.self.${part}`, hidden, hidden);
    linear(`${name}.attention.output.dense`, hidden, hidden);
    norm(`${name}.attention.output`);
    linear(`${name}.intermediate.dense`, intermediate, hidden);
    linear(`${name}.output.dense`, hidden, intermediate);
    norm(`${name}.output`);
  }
  return { shape, tensors };
}

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** The encoder as a safetensors file; `change` may alter the header. */
export function safetensorsBytes(
  { tensors }: TinyEncoder,
  change: (header: Record<string, unknown>) => void = () => undefined,
): Buffer {
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const [name, { shape, values }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  change(header);
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const data = [...tensors.values()].map(({ values }) => Buffer.from(values.buffer));
  return Buffer.concat([length, text, ...data]);
}

/**
 * The vector of `ids`, computed step by step in double precision: the mean of its tokens or the first. RoBERTa's
 * positions begin behind its padding token.
 */
export function expectedVector(
  encoder: TinyEncoder,
  ids: readonly number[],
  { pooling = 'mean', firstPosition = 0 }: { pooling?: 'mean' | 'cls'; firstPosition?: number } = {},
): number[] {
  const { layers, hidden, epsilon } = encoder.shape;
  const get = (name: string): Float32Array => encoder.tensors.get(name)?.values ?? new Float32Array();
  const row = (name: string, index: number): number[] => [
    ...get(name).subarray(index * hidden, (index + 1) * hidden),
  ];
  const norm = (x: number[], name: string): number[] => {
    const mean = sum(x) / x.length;
    const deviation = Math.sqrt(sum(x.map((value) => (value - mean) ** 2)) / x.length + epsilon);
    const [weight, bias] = [get(`${name}.LayerNorm.weight`), get(`${name}.LayerNorm.bias`)];
    return x.map((value, index) => ((value - mean) / deviation) * (weight[index] ?? 0) + (bias[index] ?? 0));
  };
  const linear = (x: number[], name: string): number[] => {
    const weight = get(`${name}.weight`);
    return Array.from(get(`${name}.bias`), (bias, output) =>
      x.reduce((total, value, index) => total + value * (weight[output * x.length + index] ?? 0), bias),
    );
  };
  let rows = ids.map((id, place) => {
    const words = row('embeddings.word_embeddings.weight', id);
    const position = row('embeddings.position_embeddings.weight', firstPosition + place);
    return norm(plus(plus(words, position), row('embeddings.token_type_embeddings.weight', 0)), 'embeddings');
  });
  for (let layer = 0; layer < layers; layer += 1) {
    const name = `encoder.layer.${layer}`;
    const [query, key, value] = ['query', 'key', 'value'].map((part) =>
      rows.map((x) => linear(x, `${name}.attention.self.${part}`)),
    ) as [number[][], number[][], number[][]];
    const mixed = attend(query, key, value, encoder.shape.heads);
    rows = rows.map((x, index) => {
      const output = linear(mixed[index] ?? [], `${name}.attention.output.dense`);
      const attended = norm(plus(output, x), `${name}.attention.output`);
      const wide = linear(attended, `${name}.intermediate.dense`).map(gelu);
      return norm(plus(linear(wide, `${name}.output.dense`), attended), `${name}.output`);
    });
  }
  const pooled = pooling === 'cls' ? (rows[0] ?? []) : rows.reduce(plus).map((value) => value / rows.length);
  const length = Math.sqrt(sum(pooled.map((value) => value * value)));
  return pooled.map((value) => value / length);
}

function attend(query: number[][], key: number[][], value: number[][], heads: number): number[][] {
  const width = (query[0]?.length ?? 0) / heads;
  return query.map((q) =>
    Array.from({ length: heads }, (_, head) => {
      const part = (x: number[]): number[] => x.slice(head * width, (head + 1) * width);
      const scores = key.map((k) => Math.exp(sum(times(part(q), part(k))) / Math.sqrt(width)));
      const total = sum(scores);
      return value.map((v, index) => part(v).map((one) => (one * (scores[index] ?? 0)) / total)).reduce(plus);
    }).flat(),
  );
}

// The error function by its series, which converges for what activations are here.
function gelu(x: number): number {
  const z = x / Math.SQRT2;
  if (Math.abs(z) > 5) return x > 0 ? x : 0;
  let term = z;
  let series = z;
  for (let n = 1; n < 120; n += 1) {
    term *= (-z * z) / n;
    series += term / (2 * n + 1);
  }
  return (x * (1 + (2 / Math.sqrt(Math.PI)) * series)) / 2;
}

const sum = (x: readonly number[]): number => x.reduce((total, value) => total + value, 0);
const plus = (a: number[], b: number[]): number[] => a.map((value, index) => value + (b[index] ?? 0));
const times = (a: number[], b: number[]): number[] => a.map((value, index) => value * (b[index] ?? 0));
