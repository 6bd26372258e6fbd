import type { EncoderWeights, PackedWords } from './encoder-weights.js';

const BLOCK = 64;
// Values 1 to 15 about a middle of 8, so that 0 stays 0 and both signs reach as far.
const MIDDLE = 8;
const FURTHEST = 7;

/** The same encoder with its word table in 4-bit blocks of 64 values; `word` gives what is left of each. */
export function packWords(weights: EncoderWeights): EncoderWeights {
  const packedWords = pack(weights);
  const { hidden } = weights.shape;
  const word = (id: number): Float32Array =>
    Float32Array.from({ length: hidden }, (_, column) => valueAt(packedWords, id * hidden + column));
  return { ...weights, packedWords, word };
}

function pack(weights: EncoderWeights): PackedWords {
  const { vocabulary, hidden } = weights.shape;
  const values = new Uint8Array((vocabulary * hidden) / 2);
  const scales = new Float32Array((vocabulary * hidden) / BLOCK);
  for (let id = 0; id < vocabulary; id += 1) {
    weights.word(id).forEach((value, column, row) => {
      const at = id * hidden + column;
      const block = Math.floor(at / BLOCK);
      if (at % BLOCK === 0) scales[block] = scaleOf(row.subarray(column, column + BLOCK));
      const level = MIDDLE + Math.round(value / (scales[block] as number));
      values[at >> 1] = (values[at >> 1] as number) | (level << (4 * (at % 2)));
    });
  }
  return { blockSize: BLOCK, values, scales };
}

function scaleOf(block: Float32Array): number {
  const largest = block.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest > 0 ? Math.fround(largest / FURTHEST) : 1;
}

function valueAt({ values, scales }: PackedWords, at: number): number {
  const level = ((values[at >> 1] as number) >> (4 * (at % 2))) & 15;
  return (level - MIDDLE) * (scales[Math.floor(at / BLOCK)] as number);
}
