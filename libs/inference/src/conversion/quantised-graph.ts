import { buildEncoder, type EncoderStyle, type Head, type Linear, TOKEN_IDS } from './encoder-graph.js';
import type { EncoderWeights } from './encoder-weights.js';
import { ELEMENT, OnnxGraph } from './onnx-graph.js';

const LARGEST = 127;
/** How much of the range of activations moves into the weights (SmoothQuant's α). */
const SMOOTHING = 0.8;
const TINY = 1e-5;
const SMALLEST_SCALE = 1e-12;

/** The largest magnitude seen in each input column of a linear step, by the step's name. */
export type Observed = ReadonlyMap<string, Float32Array>;

/**
 * The encoder that serves: 8-bit linear steps (activations quantised as they come, weights per column, the ranges of
 * both evened out, no weight of a step beyond `most`), words in 4 bits where the source has them so, else in 8 bits a
 * row. `input_ids` in, the head's output out.
 */
export function buildQuantised(
  weights: EncoderWeights,
  observed: Observed,
  head: Head,
  most: number,
): Uint8Array {
  const graph = new OnnxGraph();
  const style: EncoderStyle = {
    words: () => (weights.packedWords ? packedWords(graph, weights) : byteWords(graph, weights)),
    linears: (_, input, linears) => quantisedLinears({ graph, weights, observed, most }, input, linears),
  };
  const from = buildEncoder(graph, weights, style, head);
  const output = { name: head.output, from, type: ELEMENT.float, shape: head.shape(weights.shape) };
  return graph.encode([TOKEN_IDS], [output]);
}

function packedWords(graph: OnnxGraph, weights: EncoderWeights): string {
  const { vocabulary, hidden } = weights.shape;
  const packed = weights.packedWords;
  if (!packed) throw new Error('The word table is not packed.');
  const values = graph.weight('words', ELEMENT.uint8, [vocabulary, hidden / 2], packed.values);
  const scales = graph.floats('word_scales', packed.scales, [vocabulary, hidden / packed.blockSize]);
  const attributes = { bits: 4, block_size: packed.blockSize, gather_axis: 0, quantize_axis: 1 };
  return graph.node('com.microsoft.GatherBlockQuantized', [values, TOKEN_IDS.name, scales], attributes);
}

function byteWords(graph: OnnxGraph, weights: EncoderWeights): string {
  const { vocabulary, hidden } = weights.shape;
  const values = new Int8Array(vocabulary * hidden);
  const scales = new Float32Array(vocabulary);
  for (let id = 0; id < vocabulary; id += 1) {
    const row = weights.word(id);
    const scale = Math.max(largest(row) / LARGEST, SMALLEST_SCALE);
    scales[id] = scale;
    row.forEach((value, index) => (values[id * hidden + index] = Math.round(value / scale)));
  }
  const rows = graph.weight('words', ELEMENT.int8, [vocabulary, hidden], values);
  const found = graph.node('Gather', [rows, TOKEN_IDS.name]);
  const scale = graph.node('Gather', [graph.floats('word_scales', scales), TOKEN_IDS.name]);
  const factors = graph.node('Unsqueeze', [scale, graph.integers('last', [-1])]);
  return graph.node('Mul', [graph.node('Cast', [found], { to: ELEMENT.float }), factors]);
}

function largest(values: Float32Array): number {
  let found = 0;
  for (const value of values) found = Math.max(found, Math.abs(value));
  return found;
}

interface Quantising {
  readonly graph: OnnxGraph;
  readonly weights: EncoderWeights;
  readonly observed: Observed;
  /** The largest magnitude of a weight. */
  readonly most: number;
}

function quantisedLinears(
  { graph, weights, observed, most }: Quantising,
  input: string,
  linears: readonly Linear[],
): string[] {
  const first = linears[0]?.name ?? '';
  const smoothing = smoothingOf(weights, observed, linears);
  const absorbed = first.endsWith('attention.output.dense');
  const divisor = graph.floats(
    `${first}.smoothing`,
    smoothing.map((value) => 1 / value),
  );
  const smooth = absorbed ? input : graph.node('Mul', [input, divisor]);
  const [values = '', scale = '', zero = ''] = graph.split('DynamicQuantizeLinear', [smooth], 3);
  return linears.map((linear) => {
    const columns = quantiseColumns({ weights, observed, most }, linear, smoothing);
    const { name, inputs, outputs } = linear;
    const matrix = graph.weight(`${name}.weight`, ELEMENT.int8, [inputs, outputs], columns.values);
    const product = graph.node('MatMulInteger', [values, matrix, zero]);
    const factors = graph.node('Mul', [scale, graph.floats(`${name}.scale`, columns.scales)]);
    const scaled = graph.node('Mul', [graph.node('Cast', [product], { to: ELEMENT.float }), factors]);
    return graph.node('Add', [scaled, graph.floats(`${name}.bias`, columns.bias)]);
  });
}

/** For each input column the factor that moves from the activations into the weights. */
function smoothingOf(weights: EncoderWeights, observed: Observed, linears: readonly Linear[]): Float32Array {
  const [first] = linears;
  const activations = observed.get(first?.name ?? '');
  if (!first || !activations) throw new Error(`${first?.name} was not observed.`);
  const strongest = new Float32Array(first.inputs);
  for (const { name, inputs, outputs } of linears) {
    const rows = weights.tensor(`${name}.weight`, [outputs, inputs]);
    for (let index = 0; index < rows.length; index += 1)
      strongest[index % inputs] = Math.max(
        strongest[index % inputs] as number,
        Math.abs(rows[index] as number),
      );
  }
  return activations.map(
    (value, column) =>
      Math.max(value, TINY) ** SMOOTHING / Math.max(strongest[column] as number, TINY) ** (1 - SMOOTHING),
  );
}

// What the attention's output step would divide its input by, the value step gives already divided: the attention
// only mixes rows in between.
function outputDivisor(
  weights: EncoderWeights,
  observed: Observed,
  linear: Linear,
): Float32Array | undefined {
  if (!linear.name.endsWith('attention.self.value')) return undefined;
  const name = linear.name.replace('self.value', 'output.dense');
  return smoothingOf(weights, observed, [{ ...linear, name }]);
}

function quantiseColumns(
  { weights, observed, most }: Omit<Quantising, 'graph'>,
  linear: Linear,
  smoothing: Float32Array,
): { values: Int8Array; scales: Float32Array; bias: Float32Array } {
  const { name, inputs, outputs, factor } = linear;
  const rows = weights.tensor(`${name}.weight`, [outputs, inputs]);
  const divisor = outputDivisor(weights, observed, linear);
  const values = new Int8Array(rows.length);
  const scales = new Float32Array(outputs);
  const bias = weights.tensor(`${name}.bias`, [outputs]).slice();
  for (let output = 0; output < outputs; output += 1) {
    const row = rows.subarray(output * inputs, (output + 1) * inputs);
    const smooth = row.map((value, column) => value * (smoothing[column] as number));
    const scale = Math.max(largest(smooth) / most, SMALLEST_SCALE);
    smooth.forEach((value, column) => (values[column * outputs + output] = Math.round(value / scale)));
    const after = factor / (divisor?.[output] ?? 1);
    scales[output] = scale * after;
    bias[output] = (bias[output] as number) * after;
  }
  return { values, scales, bias };
}
