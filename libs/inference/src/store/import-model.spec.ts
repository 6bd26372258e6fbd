import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { expectedVector, safetensorsBytes, TINY, tinyEncoder } from '../conversion/tiny-models.js';
import { EmbeddingPool } from '../embedding-pool.js';
import { importModel } from './import-model.js';
import { listModels, loadModel, verifyModel } from './model-store.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const VOCABULARY = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  ...[...LETTERS].slice(0, 18),
  ...[...LETTERS].slice(0, 18).map((letter) => `##${letter}`),
];
const CONFIG = {
  model_type: 'bert',
  hidden_size: TINY.hidden,
  num_hidden_layers: TINY.layers,
  num_attention_heads: TINY.heads,
  intermediate_size: TINY.intermediate,
  vocab_size: TINY.vocabulary,
  max_position_embeddings: TINY.positions,
};

let home: string;
let folder: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'belay-models-'));
  folder = join(home, 'tiny-model');
  mkdirSync(folder);
  put('config.json', JSON.stringify(CONFIG));
  put('vocab.txt', VOCABULARY.join('\n'));
  put('model.safetensors', safetensorsBytes(tinyEncoder()));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const put = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content);
const install = (path = folder) => importModel(path, { home });
const nothingLeft = (): void => expect(listModels({ home }).some(({ installed }) => installed)).toBe(false);

describe('a model in safetensors', () => {
  it('gives the vectors that its weights stand for', async () => {
    const model = await install();
    expect(model).toMatchObject({ id: 'tiny-model', dimension: 32, specialTokens: true, maxTokens: 64 });
    const pool = new EmbeddingPool(loadModel('tiny-model', { home }), 1);
    try {
      const [vector = []] = await pool.embed(['abc de'], 'query', 'interactive');
      const ids = [2, ...['a', '##b', '##c', 'd', '##e'].map((token) => VOCABULARY.indexOf(token)), 3];
      const expected = expectedVector(tinyEncoder(), ids);
      const cosine = expected.reduce((total, value, index) => total + value * (vector[index] ?? 0), 0);
      expect(cosine).toBeGreaterThan(0.99);
    } finally {
      await pool.close();
    }
  });

  it('is installed once, whole, and found again with its digests', async () => {
    await install();
    await expect(install()).rejects.toThrow(/installed already/);
    expect(readdirSync(join(home, 'models'))).toEqual(['tiny-model']);
    const [model] = listModels({ home }).filter(({ installed }) => installed);
    expect(model?.provenance?.digests.map(({ name }) => name)).toContain('model.safetensors');
    writeFileSync(join(home, 'models', 'tiny-model', 'vocab.txt'), 'x');
    expect(() => verifyModel(loadModel('tiny-model', { home }))).toThrow(/does not match its digest/);
  });
});

describe('a model that is refused with its reason', () => {
  const whole = safetensorsBytes(tinyEncoder());
  const withHeader = (change: (header: Record<string, unknown>) => void): Buffer =>
    safetensorsBytes(tinyEncoder(), change);
  const nan = (): Buffer => {
    const encoder = tinyEncoder();
    encoder.tensors.get('encoder.layer.0.output.dense.weight')?.values.fill(Number.NaN, 3, 4);
    return safetensorsBytes(encoder);
  };
  const word = 'embeddings.word_embeddings.weight';
  const cases: [string, string, string | Buffer, RegExp][] = [
    ['truncated weights', 'model.safetensors', whole.subarray(0, whole.length - 100), /outside the file/],
    ['an empty file', 'model.safetensors', Buffer.alloc(0), /empty/],
    ['a header longer than the file', 'model.safetensors', Buffer.alloc(64, 0x7f), /longer than the file/],
    [
      'a header that is no JSON',
      'model.safetensors',
      Buffer.concat([Buffer.from([4, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('nope')]),
      /not JSON/,
    ],
    [
      'a shape that its bytes do not have',
      'model.safetensors',
      withHeader((header) => {
        header[word] = { dtype: 'F32', shape: [2 ** 40, 32], data_offsets: [0, 128] };
      }),
      /another size/,
    ],
    [
      'another dimension than the config says',
      'config.json',
      JSON.stringify({ ...CONFIG, hidden_size: 64 }),
      /shape 40×32 instead of 40×64/,
    ],
    [
      'huge dimensions',
      'config.json',
      JSON.stringify({ ...CONFIG, hidden_size: 1e12 }),
      /hidden is 1000000000000/,
    ],
    ['a config that is no object', 'config.json', '[[[[', /not JSON/],
    ['numbers that are none', 'model.safetensors', nan(), /no number/],
    [
      'a missing tensor',
      'model.safetensors',
      withHeader((header) => {
        delete header['encoder.layer.1.output.dense.bias'];
      }),
      /missing/,
    ],
    ['a tokenizer of another model', 'vocab.txt', [...VOCABULARY, 'x', 'y'].join('\n'), /42 tokens/],
    ['a vocabulary without its special tokens', 'vocab.txt', [...LETTERS].join('\n'), /no \[CLS\]/],
    [
      'a tokenizer of another kind',
      'tokenizer.json',
      JSON.stringify({ model: { type: 'BPE', vocab: {} } }),
      /BPE/,
    ],
    ['another family', 'config.json', JSON.stringify({ ...CONFIG, model_type: 'llama' }), /llama/],
  ];

  it.each(cases)('%s', async (_, name, content, reason) => {
    put(name, content);
    await expect(install()).rejects.toThrow(reason);
    nothingLeft();
  });

  it('a link out of its folder', async () => {
    rmSync(join(folder, 'vocab.txt'));
    symlinkSync('/etc/hostname', join(folder, 'vocab.txt'));
    await expect(install()).rejects.toThrow(/leads out/);
    nothingLeft();
  });

  it.each(['../escape', 'UPPER', ''])('the id %j', async (id) => {
    await expect(importModel(folder, { home }, { id })).rejects.toThrow(/id/i);
  });
});

describe('a model in an archive', () => {
  const files = (): Record<string, Buffer> => ({
    'pack/model/config.json': Buffer.from(JSON.stringify(CONFIG)),
    'pack/model/vocab.txt': Buffer.from(VOCABULARY.join('\n')),
    'pack/model/model.safetensors': safetensorsBytes(tinyEncoder()),
    '../../outside.txt': Buffer.from('never written'),
  });
  const archive = (bytes: Buffer): string => {
    const path = join(home, 'pack-1.0.whl');
    writeFileSync(path, bytes);
    return path;
  };

  it('is read where its weights lie, and names that lead outside are never written', async () => {
    const model = await importModel(archive(zip(files())), { home }, { id: 'packed' });
    expect(model.provenance?.digests).toHaveLength(1);
    expect(readdirSync(home).sort()).toEqual(['models', 'pack-1.0.whl', 'tiny-model']);
  });

  it.each([
    ['a bomb', (bytes: Buffer) => bytes, 10, /unpacks to more|checksum/],
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 30), undefined, /no zip archive/],
  ] as const)('is refused: %s', async (_, change, size, reason) => {
    await expect(install(archive(change(zip(files(), size))))).rejects.toThrow(reason);
    nothingLeft();
  });
});

/** A zip archive; with `claimed` every file says that it has this size. */
function zip(files: Record<string, Buffer>, claimed?: number): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const packed = deflateRawSync(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(claimed ?? content.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), packed]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, place, Buffer.from(name)]),
    );
    parts.push(local);
    offset += local.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, list, end]);
}
