import { DomainError } from '@belay/errors';

/** The sizes of a BERT-family encoder. */
export interface EncoderShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly intermediate: number;
  readonly vocabulary: number;
  readonly positions: number;
  readonly epsilon: number;
}

/** Word vectors as 4-bit blocks: two values a byte, the earlier one in the low half, `(value - 8) · scale`. */
export interface PackedWords {
  readonly blockSize: number;
  readonly values: Uint8Array;
  readonly scales: Float32Array;
}

/** The weights of a BERT-family encoder, whatever file they come from. Names are those of the transformers library. */
export interface EncoderWeights {
  readonly shape: EncoderShape;
  /** Row-major values of a tensor of exactly this shape, all finite. Throws `inference.invalid-model`. */
  tensor(name: string, shape: readonly number[]): Float32Array;
  /** The vector that marks text of the first type, which is all text here. */
  tokenType(): Float32Array;
  /** The vector of one word. */
  word(id: number): Float32Array;
  /** The word table as it was quantised by its source; undefined if it was not. */
  readonly packedWords: PackedWords | undefined;
}

const LIMITS: Record<Exclude<keyof EncoderShape, 'epsilon'>, number> = {
  layers: 48,
  hidden: 4000,
  heads: 64,
  intermediate: 32_768,
  vocabulary: 1_000_000,
  positions: 32_768,
};

/** Throws unless the sizes are ones that an encoder can have. Called before anything is allocated by them. */
export function checkShape(shape: EncoderShape): void {
  for (const [name, limit] of Object.entries(LIMITS)) {
    const value = shape[name as keyof typeof LIMITS];
    if (!Number.isInteger(value) || value < 1 || value > limit)
      throw invalid(`${name} is ${value}; between 1 and ${limit} are possible`);
  }
  if (shape.hidden % shape.heads !== 0)
    throw invalid(`${shape.hidden} dimensions do not divide into ${shape.heads} heads`);
  if (!(shape.epsilon > 0 && shape.epsilon < 0.01))
    throw invalid(`the layer norm's epsilon is ${shape.epsilon}`);
}

/** Throws if a value is NaN or infinite. */
export function checkFinite(name: string, values: Float32Array): Float32Array {
  for (const value of values)
    if (!Number.isFinite(value)) throw invalid(`${name} holds a value that is no number`);
  return values;
}

/** The refusal of a model file, with its reason. */
export function invalid(reason: string): DomainError {
  return new DomainError('inference.invalid-model', `This model cannot be used: ${reason}.`);
}
