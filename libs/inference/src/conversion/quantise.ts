import { GraphSession } from '../graph-session.js';
import { encoderInputs } from '../graph-values.js';
import type { Head } from './encoder-graph.js';
import type { EncoderWeights } from './encoder-weights.js';
import { buildQuantised, type Observed } from './quantised-graph.js';
import { buildReference, type ReferenceGraph, wordVectors } from './reference-graph.js';

/** Token ids of texts: those by which the ranges of activations are known, and those that both graphs are compared on. */
export interface MeasuredTexts {
  readonly seen: readonly (readonly number[])[];
  readonly others: readonly (readonly number[])[];
}

/** Compares, for each of the other texts, the head's output in full precision with that of the graph that serves. */
export interface Judge<Check> {
  compare(exact: readonly Float32Array[], served: readonly Float32Array[]): Check;
  isNear(check: Check): boolean;
}

// Processors without VNNI add two products of 8 bits in 16, which overflow where both are large; of 7 bits they cannot.
const [WHOLE, NARROW] = [127, 63];

/**
 * Runs an encoder in full precision over texts, quantises it by what was seen, and runs both over other texts. Weights have
 * 8 bits, and 7 where the graph is not near enough with 8 on this processor.
 */
export async function quantise<Check>(
  weights: EncoderWeights,
  head: Head,
  texts: MeasuredTexts,
  judge: Judge<Check>,
): Promise<{ readonly graph: Uint8Array; readonly check: Check }> {
  const reference = buildReference(weights, head);
  const session = await GraphSession.open(reference.bytes);
  try {
    const observed = await observe(session, reference, weights, texts.seen);
    const exact: Float32Array[] = [];
    for (const ids of texts.others) exact.push(valuesOf(await runExact(session, weights, ids), head));
    const made = async (most: number): Promise<{ graph: Uint8Array; check: Check }> => {
      const graph = buildQuantised(weights, observed, head, most);
      return { graph, check: judge.compare(exact, await serve(graph, head, texts.others)) };
    };
    const first = await made(WHOLE);
    return judge.isNear(first.check) ? first : await made(NARROW);
  } finally {
    await session.close();
  }
}

type Outputs = Awaited<ReturnType<GraphSession['run']>>;

const valuesOf = (outputs: Outputs, { output }: Head): Float32Array =>
  outputs[output]?.values ?? new Float32Array();

async function observe(
  exact: GraphSession,
  reference: ReferenceGraph,
  weights: EncoderWeights,
  texts: MeasuredTexts['seen'],
): Promise<Observed> {
  const largest = new Map<string, Float32Array>();
  for (const ids of texts) {
    const outputs = await runExact(exact, weights, ids);
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

function runExact(exact: GraphSession, weights: EncoderWeights, ids: readonly number[]): Promise<Outputs> {
  const shape = [1, ids.length, weights.shape.hidden];
  return exact.run({ word_vectors: { values: wordVectors(weights, ids), shape } });
}

async function serve(graph: Uint8Array, head: Head, texts: MeasuredTexts['others']): Promise<Float32Array[]> {
  const session = await GraphSession.open(graph);
  try {
    const served: Float32Array[] = [];
    for (const ids of texts)
      served.push(valuesOf(await session.run(encoderInputs(session.inputs, ids)), head));
    return served;
  } finally {
    await session.close();
  }
}
