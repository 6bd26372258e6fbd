import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { EMBEDDING } from './encoder-graph.js';
import { type EncoderWeights, invalid } from './encoder-weights.js';
import { quantise } from './quantise.js';
import { CALIBRATION_TEXTS, CHECK_TEXTS } from './texts.js';

/** How near the converted model's vectors are to those in full precision. */
export interface Nearness {
  readonly texts: number;
  readonly meanCosine: number;
  readonly leastCosine: number;
}

const MEASURED_TOKENS = 192;

/** A converted model is refused below these. */
const NEEDED = { meanCosine: 0.99, leastCosine: 0.975 };

/**
 * Converts an encoder to the graph that serves, and compares its vectors with those in full precision. Throws
 * `inference.invalid-model` where they differ too much.
 */
export async function convertEncoder(
  weights: EncoderWeights,
  tokenizer: Tokenizer,
  maxTokens: number,
): Promise<{ graph: Uint8Array; check: Nearness }> {
  const encode = (text: string): number[] => tokenizer.encode(text, Math.min(maxTokens, MEASURED_TOKENS));
  const texts = { seen: CALIBRATION_TEXTS.map(encode), others: CHECK_TEXTS.map(encode) };
  const { graph, check } = await quantise(weights, EMBEDDING, texts, { compare: nearnessOf, isNear });
  if (!isNear(check))
    throw invalid(
      `its vectors are too far from those in full precision: cosine ${check.meanCosine.toFixed(4)} on average ` +
        `(${NEEDED.meanCosine} is needed), ${check.leastCosine.toFixed(4)} at worst (${NEEDED.leastCosine})`,
    );
  return { graph, check };
}

const isNear = ({ meanCosine, leastCosine }: Nearness): boolean =>
  meanCosine >= NEEDED.meanCosine && leastCosine >= NEEDED.leastCosine;

function nearnessOf(exact: readonly Float32Array[], served: readonly Float32Array[]): Nearness {
  const cosines = exact.map((expected, index) => cosine(expected, served[index] ?? new Float32Array()));
  const meanCosine = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length;
  return { texts: cosines.length, meanCosine, leastCosine: Math.min(...cosines) };
}

// Of vectors of unit length, as the graphs give them.
function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.NaN;
  return a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);
}
