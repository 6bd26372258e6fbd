import { TOKEN_SCORES } from './encoder-graph.js';
import { type EncoderWeights, invalid } from './encoder-weights.js';
import { packWords } from './pack-words.js';
import { type MeasuredTexts, quantise } from './quantise.js';

/** How near the converted reader's scores are to those in full precision: Pearson's correlation over a text's tokens. */
export interface Agreement {
  readonly texts: number;
  readonly meanCorrelation: number;
  readonly leastCorrelation: number;
}

/** A converted reader is refused below these. */
const NEEDED = { meanCorrelation: 0.99, leastCorrelation: 0.95 };

/**
 * Converts an encoder with a `reader` head to the graph that serves: 4-bit words, 8-bit linear steps. Throws
 * `inference.invalid-model` where its scores differ too much from those in full precision.
 */
export async function convertReader(
  weights: EncoderWeights,
  texts: MeasuredTexts,
): Promise<{ graph: Uint8Array; check: Agreement }> {
  const judge = { compare: agreementOf, isNear };
  const { graph, check } = await quantise(packWords(weights), TOKEN_SCORES, texts, judge);
  if (!isNear(check))
    throw invalid(
      `its scores are too far from those in full precision: correlation ${check.meanCorrelation.toFixed(4)} on average, ` +
        `${check.leastCorrelation.toFixed(4)} at worst`,
    );
  return { graph, check };
}

const isNear = ({ meanCorrelation, leastCorrelation }: Agreement): boolean =>
  meanCorrelation >= NEEDED.meanCorrelation && leastCorrelation >= NEEDED.leastCorrelation;

function agreementOf(exact: readonly Float32Array[], served: readonly Float32Array[]): Agreement {
  const found = exact.map((scores, index) => correlation(scores, served[index] ?? new Float32Array()));
  const meanCorrelation = found.reduce((sum, value) => sum + value, 0) / found.length;
  return { texts: found.length, meanCorrelation, leastCorrelation: Math.min(...found) };
}

function correlation(a: Float32Array, b: Float32Array): number {
  const middle = (values: Float32Array): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [middleA, middleB] = [middle(a), middle(b)];
  let [both, squareA, squareB] = [0, 0, 0];
  a.forEach((value, index) => {
    const [x, y] = [value - middleA, (b[index] ?? Number.NaN) - middleB];
    both += x * y;
    squareA += x * x;
    squareB += y * y;
  });
  return both / Math.sqrt(squareA * squareB);
}
