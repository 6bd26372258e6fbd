import { buildEncoder, type EncoderStyle, type Head, type Linear } from './encoder-graph.js';
import type { EncoderWeights } from './encoder-weights.js';
import { ELEMENT, OnnxGraph, type Port } from './onnx-graph.js';

/** The encoder in float32, to compare with. It takes word vectors, so that a large word table need not be copied. */
export interface ReferenceGraph {
  readonly bytes: Uint8Array;
  /** For each linear step, the output that holds the largest magnitude of each of its input's columns. */
  readonly observed: ReadonlyMap<string, string>;
}

const WORDS = 'word_vectors';

/**
 * Builds the float32 graph: `word_vectors` in, the head's output and one `observed_N` for each input of linear steps out.
 */
export function buildReference(weights: EncoderWeights, head: Head): ReferenceGraph {
  const graph = new OnnxGraph();
  const outputs: (Port & { from: string })[] = [];
  const observed = new Map<string, string>();
  const style: EncoderStyle = {
    words: () => WORDS,
    linears: (_, input, linears) => {
      const name = `observed_${outputs.length}`;
      const largest = graph.node('ReduceMax', [graph.node('Abs', [input])], { axes: [0, 1], keepdims: 0 });
      outputs.push({ name, from: largest, type: ELEMENT.float, shape: [linears[0]?.inputs ?? 0] });
      return linears.map((linear) => {
        observed.set(linear.name, name);
        return floatLinear(graph, weights, input, linear);
      });
    },
  };
  const from = buildEncoder(graph, weights, style, head);
  const { hidden } = weights.shape;
  const input: Port = { name: WORDS, type: ELEMENT.float, shape: ['batch', 'sequence', hidden] };
  const output = { name: head.output, from, type: ELEMENT.float, shape: head.shape(weights.shape) };
  return { bytes: graph.encode([input], [output, ...outputs]), observed };
}

function floatLinear(graph: OnnxGraph, weights: EncoderWeights, input: string, linear: Linear): string {
  const { name, inputs, outputs, factor } = linear;
  const rows = weights.tensor(`${name}.weight`, [outputs, inputs]);
  const columns = new Float32Array(rows.length);
  for (let row = 0; row < outputs; row += 1)
    for (let column = 0; column < inputs; column += 1)
      columns[column * outputs + row] = (rows[row * inputs + column] as number) * factor;
  const bias = weights.tensor(`${name}.bias`, [outputs]).map((value) => value * factor);
  const product = graph.node('MatMul', [input, graph.floats(`${name}.weight`, columns, [inputs, outputs])]);
  return graph.node('Add', [product, graph.floats(`${name}.bias`, bias)]);
}

/** The word vectors of `ids` in one row after the other. */
export function wordVectors(weights: EncoderWeights, ids: readonly number[]): Float32Array {
  const { hidden } = weights.shape;
  const rows = new Float32Array(ids.length * hidden);
  ids.forEach((id, index) => rows.set(weights.word(id), index * hidden));
  return rows;
}
