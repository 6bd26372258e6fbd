import { type Dimension, ELEMENT, OnnxGraph } from './onnx-graph.js';
import type { EncoderShape, EncoderWeights } from './encoder-weights.js';

/** One linear step: its name in the weights, and a factor on what it gives. */
export interface Linear {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly factor: number;
}

/** How words are looked up and how linear steps are computed; the rest of an encoder is always the same. */
export interface EncoderStyle {
  /** Word vectors `[1, sequence, hidden]`. */
  words(graph: OnnxGraph): string;
  /** What each of `linears` makes of the one input. */
  linears(graph: OnnxGraph, input: string, linears: readonly Linear[]): string[];
}

/** What a model makes of an encoder's states `[1, sequence, hidden]`: its output, and the output's shape. */
export interface Head {
  readonly output: string;
  shape(encoder: EncoderShape): Dimension[];
  /** Adds it to a graph; returns the name of what it gives there. */
  add(graph: OnnxGraph, weights: EncoderWeights, states: string): string;
}

/** The vector of a text: the mean of its states, of unit length. */
export const EMBEDDING: Head = {
  output: 'embedding',
  shape: ({ hidden }) => ['batch', hidden],
  add: (graph, _, states) => {
    const mean = graph.node('ReduceMean', [states], { axes: [1], keepdims: 0 });
    return graph.node('LpNormalization', [mean], { axis: -1, p: 2 });
  },
};

/** Of each token how much speaks for its being part of an answer, as a logit. */
export const TOKEN_SCORES: Head = {
  output: 'scores',
  shape: () => ['batch', 'sequence'],
  add: (graph, weights, states) => {
    const { hidden } = weights.shape;
    const column = graph.floats('reader.weight', weights.tensor('reader.weight', [1, hidden]), [hidden, 1]);
    const product = graph.node('MatMul', [states, column]);
    const bias = graph.floats('reader.bias', weights.tensor('reader.bias', [1]));
    return graph.node('Squeeze', [graph.node('Add', [product, bias]), graph.integers('last_axis', [-1])]);
  },
};

/** Adds a BERT-family encoder and its head; returns the name of what the head gives. */
export function buildEncoder(
  graph: OnnxGraph,
  weights: EncoderWeights,
  style: EncoderStyle,
  head: Head,
): string {
  const { hidden, layers } = weights.shape;
  let x = norm(graph, weights, 'embeddings', addPositions(graph, weights, style.words(graph)));
  for (let layer = 0; layer < layers; layer += 1) {
    const name = `encoder.layer.${layer}`;
    const attended = attention(graph, weights, style, x, `${name}.attention`);
    x = norm(graph, weights, `${name}.attention.output`, graph.node('Add', [attended, x]));
    const wide = `${name}.intermediate.dense`;
    const inner = { inputs: hidden, outputs: weights.shape.intermediate, factor: 1 };
    const [widened = ''] = style.linears(graph, x, [{ name: wide, ...inner }]);
    const active = graph.node('com.microsoft.Gelu', [widened]);
    const narrow = { name: `${name}.output.dense`, inputs: inner.outputs, outputs: hidden, factor: 1 };
    const [narrowed = ''] = style.linears(graph, active, [narrow]);
    x = norm(graph, weights, `${name}.output`, graph.node('Add', [narrowed, x]));
  }
  return head.add(graph, weights, x);
}

function addPositions(graph: OnnxGraph, weights: EncoderWeights, words: string): string {
  const { hidden, positions } = weights.shape;
  const table = weights.tensor('embeddings.position_embeddings.weight', [positions, hidden]).slice();
  const types = weights.tokenType();
  for (let index = 0; index < table.length; index += 1)
    table[index] = (table[index] as number) + (types[index % hidden] as number);
  const length = graph.node('Gather', [graph.node('Shape', [words]), graph.integers('one', [1])]);
  const all = graph.floats('positions', table, [positions, hidden]);
  const zero = graph.integers('zero', [0]);
  return graph.node('Add', [words, graph.node('Slice', [all, zero, length, zero])]);
}

function norm(graph: OnnxGraph, weights: EncoderWeights, owner: string, x: string): string {
  const name = `${owner}.LayerNorm`;
  const part = (kind: string): string =>
    graph.floats(`${name}.${kind}`, weights.tensor(`${name}.${kind}`, [weights.shape.hidden]));
  const attributes = { axis: -1, epsilon: { float: weights.shape.epsilon } };
  return graph.node('LayerNormalization', [x, part('weight'), part('bias')], attributes);
}

// One passage a run, so no mask; the scores' 1/√d is part of the query's weights.
function attention(
  graph: OnnxGraph,
  weights: EncoderWeights,
  style: EncoderStyle,
  x: string,
  name: string,
): string {
  const { hidden, heads } = weights.shape;
  const width = hidden / heads;
  const linear = (part: string, factor = 1): Linear => {
    return { name: `${name}.${part}`, inputs: hidden, outputs: hidden, factor };
  };
  const [query = '', key = '', value = ''] = style.linears(graph, x, [
    linear('self.query', 1 / Math.sqrt(width)),
    linear('self.key'),
    linear('self.value'),
  ]);
  const split = (input: string, order: number[]): string => {
    const reshaped = graph.node('Reshape', [input, graph.integers('heads', [0, 0, heads, width])]);
    return graph.node('Transpose', [reshaped], { perm: order });
  };
  const scores = graph.node('MatMul', [split(query, [0, 2, 1, 3]), split(key, [0, 2, 3, 1])]);
  const shares = graph.node('Softmax', [scores], { axis: -1 });
  const mixed = graph.node('MatMul', [shares, split(value, [0, 2, 1, 3])]);
  const back = graph.node('Transpose', [mixed], { perm: [0, 2, 1, 3] });
  const joined = graph.node('Reshape', [back, graph.integers('joined', [0, 0, hidden])]);
  return style.linears(graph, joined, [linear('output.dense')])[0] as string;
}

/** The shape of `input_ids` of every graph made here. */
export const TOKEN_IDS = { name: 'input_ids', type: ELEMENT.int64, shape: ['batch', 'sequence'] } as const;
