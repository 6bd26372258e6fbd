import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  expectedVector,
  safetensorsBytes,
  TINY,
  type TinyEncoder,
  tinyEncoder,
} from '../conversion/tiny-models.js';
import { EmbeddingPool } from '../embedding-pool.js';
import { importModel } from './import-model.js';
import { loadModel } from './model-store.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const SCRIPTS = join(ROOT, 'libs/inference/fixtures/scripts');
const LETTERS = [...'abcdefghijklmnopqr'];
const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', ...LETTERS, ...LETTERS.map((one) => `##${one}`)];
const CONFIG = {
  model_type: 'bert',
  hidden_size: TINY.hidden,
  num_hidden_layers: TINY.layers,
  num_attention_heads: TINY.heads,
  intermediate_size: TINY.intermediate,
  vocab_size: TINY.vocabulary,
  max_position_embeddings: TINY.positions,
  layer_norm_eps: TINY.epsilon,
};

let home: string;
let folder: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'belay-layouts-'));
  folder = join(home, 'source');
  mkdirSync(folder);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const put = (name: string, content: unknown, into = folder): void =>
  writeFileSync(join(into, name), Buffer.isBuffer(content) ? content : JSON.stringify(content));
const cosine = (one: ArrayLike<number>, other: readonly number[]): number =>
  other.reduce((sum, value, index) => sum + value * (one[index] ?? 0), 0);

async function embed(id: string, texts: readonly string[]): Promise<Float32Array[]> {
  const pool = new EmbeddingPool(loadModel(id, { home }), 1);
  try {
    return await pool.embed(texts, 'passage', 'ingest');
  } finally {
    await pool.close();
  }
}

describe('an ONNX export in Hugging Face layout', () => {
  const texts = ['abc de', 'q', 'fghi jkl mno', 'rrrr aaaa bcbc'];
  const idsOf = (text: string): number[] => {
    const pieces = text.split(' ').flatMap((word) => [...word].map((one, at) => (at > 0 ? `##${one}` : one)));
    return [2, ...pieces.map((piece) => VOCABULARY.indexOf(piece)), 3];
  };
  let exported: string;

  // Written by the exporter that the benches use: attention mask in, one vector a token out, nothing pooled.
  beforeEach(async () => {
    exported = join(home, 'exported');
    put('config.json', CONFIG);
    put('tokenizer_config.json', { do_lower_case: true });
    put('tokenizer.json', {
      normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      model: { type: 'WordPiece', vocab: Object.fromEntries(VOCABULARY.map((token, id) => [token, id])) },
    });
    put('model.safetensors', safetensorsBytes(tinyEncoder()));
    const { href } = pathToFileURL(join(ROOT, 'bench/harness/peer-model.mjs'));
    const { exportForPeer } = (await import(href)) as { exportForPeer: (from: string, to: string) => void };
    exportForPeer(folder, exported);
  });

  it.each(['mean', 'cls'] as const)('is used as it is, pooled as it says (%s)', async (pooling) => {
    mkdirSync(join(exported, '1_Pooling'));
    const modes = { pooling_mode_cls_token: pooling === 'cls', pooling_mode_mean_tokens: pooling === 'mean' };
    put('1_Pooling/config.json', modes, exported);
    put('sentence_bert_config.json', { max_seq_length: 32 }, exported);
    const model = await importModel(exported, { home });
    expect(model).toMatchObject({ id: 'exported', dimension: TINY.hidden, pooling, maxTokens: 32 });
    expect(model.provenance?.digests.map(({ name }) => name)).toContain('onnx/model.onnx');
    const vectors = await embed('exported', texts);
    const encoder = tinyEncoder();
    for (const [index, vector] of vectors.entries()) {
      const expected = expectedVector(encoder, idsOf(texts[index] ?? ''), { pooling });
      expect(cosine(vector, expected)).toBeGreaterThan(0.99999);
    }
  });

  it.each([
    ['cut off', (graph: Buffer) => graph.subarray(0, graph.length / 2)],
    ['something else', () => Buffer.from('version https://git-lfs.example/spec/v1')],
    ['empty', () => Buffer.alloc(0)],
  ])('is refused when its graph is %s', async (_, change) => {
    const graph = readFileSync(join(exported, 'onnx/model.onnx'));
    put('onnx/model.onnx', change(graph), exported);
    await expect(importModel(exported, { home })).rejects.toMatchObject({ code: 'inference.invalid-model' });
  });

  it('is refused when its tokenizer asks for more words than it has', async () => {
    const vocab = Object.fromEntries([...VOCABULARY, ...'0123456789'].map((token, id) => [token, id]));
    const file = JSON.parse(readFileSync(join(exported, 'tokenizer.json'), 'utf8')) as { model: object };
    put('tokenizer.json', { ...file, model: { ...file.model, vocab } }, exported);
    await expect(importModel(exported, { home })).rejects.toThrow(/does not know all of the 50 tokens/);
  });

  it('takes as much text as it has positions for, and is refused when it says that it takes more', async () => {
    expect((await importModel(exported, { home }, { id: 'first' })).maxTokens).toBe(TINY.positions);
    put('config.json', { ...CONFIG, max_position_embeddings: 4 * TINY.positions }, exported);
    await expect(importModel(exported, { home }, { id: 'second' })).rejects.toThrow(
      /cannot take the 256 tokens/,
    );
  });
});

describe('XLM-RoBERTa in safetensors', () => {
  const reference = (
    JSON.parse(readFileSync(join(SCRIPTS, 'reference.json'), 'utf8')) as {
      texts: { text: string; unigram: number[] }[];
    }
  ).texts.filter(({ unigram }) => unigram.length > 8 && unigram.length <= 60);
  const FIRST = 2;
  const shape = { ...TINY, vocabulary: 1200, positions: 60 + FIRST, epsilon: 1e-5 };

  /** Its tensors under the names of a whole model, with one token type. */
  function fileOf(encoder: TinyEncoder): Buffer {
    const type = 'embeddings.token_type_embeddings.weight';
    const tensors = new Map([...encoder.tensors].map(([name, tensor]) => [`roberta.${name}`, tensor]));
    const values = encoder.tensors.get(type)?.values.slice(0, shape.hidden) ?? new Float32Array();
    tensors.set(`roberta.${type}`, { shape: [1, shape.hidden], values });
    return safetensorsBytes({ shape, tensors });
  }

  it('gives the vectors of its weights on texts of many scripts', async () => {
    const encoder = tinyEncoder(shape, 11);
    const sizes = { vocab_size: shape.vocabulary, max_position_embeddings: shape.positions };
    put('config.json', {
      ...CONFIG,
      ...sizes,
      model_type: 'xlm-roberta',
      pad_token_id: 1,
      layer_norm_eps: 1e-5,
    });
    copyFileSync(join(SCRIPTS, 'tokenizer.json'), join(folder, 'tokenizer.json'));
    put('model.safetensors', fileOf(encoder));
    const model = await importModel(folder, { home }, { id: 'xlm' });
    expect(model).toMatchObject({ maxTokens: 60, tokenizer: { type: 'unigram' } });
    const texts = reference.map(({ text }) => text);
    const vectors = await embed('xlm', texts);
    const cosines = vectors.map((vector, index) =>
      cosine(vector, expectedVector(encoder, reference[index]?.unigram ?? [], { firstPosition: FIRST })),
    );
    expect(cosines.length).toBeGreaterThan(100);
    expect(Math.min(...cosines)).toBeGreaterThan(0.98);
    expect(cosines.reduce((sum, one) => sum + one, 0) / cosines.length).toBeGreaterThan(0.995);
  });

  it('is refused when its word table has fewer rows than its tokenizer has pieces', async () => {
    put('config.json', { ...CONFIG, model_type: 'xlm-roberta', vocab_size: 40 });
    copyFileSync(join(SCRIPTS, 'tokenizer.json'), join(folder, 'tokenizer.json'));
    put('model.safetensors', safetensorsBytes(tinyEncoder()));
    await expect(importModel(folder, { home })).rejects.toThrow(/1200 tokens but its word table 40 rows/);
  });
});
