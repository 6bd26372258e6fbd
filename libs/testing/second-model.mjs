/**
 * Other embedding models for specs: the committed table, shortened to its first 128 or fewer dimensions. They differ in
 * length, so that a vector of the one that met those of the other would be an error of the database.
 */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODELS = fileURLToPath(new URL('../../models/', import.meta.url));
const FIRST = 'static-en-256';
export const SECOND = 'static-en-128';

// The few parts of protocol buffers and ONNX that three nodes need.
const varint = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))]);
const bytes = (field, content) => {
  const body = Buffer.from(content);
  return Buffer.from([...varint(field * 8 + 2), ...varint(body.length), ...body]);
};
const int = (field, value) => Buffer.from([...varint(field * 8), ...varint(value)]);
const join_ = (...parts) => Buffer.concat(parts);
const numbers = (name, value) => {
  const raw = Buffer.alloc(8);
  raw.writeBigInt64LE(BigInt(value));
  return bytes(5, join_(int(1, 1), int(2, 7), bytes(8, name), bytes(9, raw)));
};
const attribute = (name, value) => bytes(5, join_(bytes(1, name), int(3, value), int(20, 2)));
const node = (type, inputs, output, ...attributes) =>
  bytes(1, join_(...inputs.map((input) => bytes(1, input)), bytes(2, output), bytes(4, type), ...attributes));
const dimension = (value) => bytes(1, int(1, value));
const output = (name, ...shape) =>
  bytes(
    12,
    join_(
      bytes(1, name),
      bytes(2, bytes(1, join_(int(1, 1), bytes(2, join_(...shape.map((d) => dimension(d))))))),
    ),
  );

// Messages that stand one after another are one: what follows adds nodes to the graph.
function shorten(model, dimensions) {
  const renamed = Buffer.from(model);
  const name = Buffer.from('\x09embedding', 'latin1');
  for (let at = renamed.indexOf(name); at >= 0; at = renamed.indexOf(name, at + 1)) {
    if ([0x0a, 0x12].includes(renamed[at - 1])) renamed.write('embeddinG', at + 1, 'latin1');
  }
  const graph = join_(
    numbers('cut_from', 0),
    numbers('cut_to', dimensions),
    numbers('cut_axis', 1),
    node('Slice', ['embeddinG', 'cut_from', 'cut_to', 'cut_axis'], 'cut'),
    node('LpNormalization', ['cut'], 'embedding', attribute('axis', 1), attribute('p', 2)),
    output('embedding', 1, dimensions),
  );
  return join_(renamed, bytes(7, graph));
}

/** Makes a models folder in `folder` with the committed model and its shortened ones; returns its path. */
export function twoModels(folder, lengths = [128]) {
  const models = join(folder, 'models');
  cpSync(join(MODELS, FIRST), join(models, FIRST), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(MODELS, 'manifest.json'), 'utf8'));
  const first = manifest.models.find(({ id }) => id === FIRST);
  for (const dimension of lengths) {
    const id = `static-en-${dimension}`;
    mkdirSync(join(models, id));
    cpSync(join(MODELS, FIRST, 'vocab.txt'), join(models, id, 'vocab.txt'));
    const graph = shorten(readFileSync(join(MODELS, FIRST, 'model.onnx')), dimension);
    writeFileSync(join(models, id, 'model.onnx'), graph);
    manifest.models.push({ ...first, id, dimension, sentences: true, files: filesOf(models, id) });
  }
  writeFileSync(join(models, 'manifest.json'), JSON.stringify(manifest));
  return models;
}

const filesOf = (models, id) =>
  ['model.onnx', 'vocab.txt'].map((name) => {
    const content = readFileSync(join(models, id, name));
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { path: `${id}/${name}`, sha256, bytes: content.length };
  });
