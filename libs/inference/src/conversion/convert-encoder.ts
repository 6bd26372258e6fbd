import { encoderInputs, type GraphOutputs } from '../graph-values.js';
import { GraphSession } from '../graph-session.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { type EncoderWeights, invalid } from './encoder-weights.js';
import { buildQuantised, type Observed } from './quantised-graph.js';
import { buildReference, type ReferenceGraph, wordVectors } from './reference-graph.js';
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
 * Converts an encoder to the graph that serves: runs it in full precision over calibration texts, quantises it by what
 * was seen, and compares both on other texts. Throws `inference.invalid-model` where they differ too much.
 */
export async function convertEncoder(
  weights: EncoderWeights,
  tokenizer: Tokenizer,
  maxTokens: number,
): Promise<{ graph: Uint8Array; check: Nearness }> {
  const reference = buildReference(weights);
  const encode = (text: string): number[] => tokenizer.encode(text, Math.min(maxTokens, MEASURED_TOKENS));
  const exact = await GraphSession.open(reference.bytes);
  try {
    const graph = buildQuantised(weights, await observe(exact, reference, weights, encode));
    const check = await compare(exact, graph, weights, encode);
    if (!(check.meanCosine >= NEEDED.meanCosine && check.leastCosine >= NEEDED.leastCosine))
      throw invalid(
        `its vectors are too far from those in full precision: cosine ${check.meanCosine.toFixed(4)} on average ` +
          `(${NEEDED.meanCosine} is needed), ${check.leastCosine.toFixed(4)} at worst (${NEEDED.leastCosine})`,
      );
    return { graph, check };
  } finally {
    await exact.close();
  }
}

async function observe(
  exact: GraphSession,
  reference: ReferenceGraph,
  weights: EncoderWeights,
  encode: (text: string) => number[],
): Promise<Observed> {
  const largest = new Map<string, Float32Array>();
  for (const text of CALIBRATION_TEXTS) {
    const outputs = await runExact(exact, weights, encode(text));
    for (const name of new Set(reference.observed.values())) {
      const seen = outputs[name]?.values ?? new Float32Array();
      const before = largest.get(name);
      largest.set(name, before ? before.map((value, index) => Math.max(value, seen[index] as number)) : seen);
    }
  }
  return new Map(
    [...reference.observed].map(([linear, output]) => [linear, largest.get(output) ?? new Float32Array()]),
  );
}

function runExact(
  exact: GraphSession,
  weights: EncoderWeights,
  ids: readonly number[],
): Promise<GraphOutputs> {
  const shape = [1, ids.length, weights.shape.hidden];
  return exact.run({ word_vectors: { values: wordVectors(weights, ids), shape } });
}

async function compare(
  exact: GraphSession,
  graph: Uint8Array,
  weights: EncoderWeights,
  encode: (text: string) => number[],
): Promise<Nearness> {
  const serving = await GraphSession.open(graph);
  try {
    const cosines: number[] = [];
    for (const text of CHECK_TEXTS) {
      const ids = encode(text);
      const { embedding: expected } = await runExact(exact, weights, ids);
      const { embedding } = await serving.run(encoderInputs(serving.inputs, ids));
      cosines.push(dot(expected?.values, embedding?.values));
    }
    const meanCosine = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length;
    return { texts: cosines.length, meanCosine, leastCosine: Math.min(...cosines) };
  } finally {
    await serving.close();
  }
}

function dot(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (!a || !b || a.length !== b.length) return Number.NaN;
  return a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);
}
