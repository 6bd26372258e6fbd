import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadModel, modelsFolder, verifyModel } from '../store/model-store.js';
import { WordPieceTokenizer } from './word-piece-tokenizer.js';

const folder = join(modelsFolder(), 'static-en-256');
const reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')) as {
  text: string;
  ids: number[];
}[];

describe('the WordPiece tokenizer', () => {
  const vocabulary = readFileSync(join(folder, 'vocab.txt'), 'utf8');
  const tokenizer = new WordPieceTokenizer(vocabulary, { lowercase: true, stripAccents: true });

  it('equals the reference on texts of all scripts', () => {
    const different = reference.filter(({ text, ids }) => tokenizer.encode(text).join() !== ids.join());
    expect(different.map(({ text }) => text)).toEqual([]);
    expect(reference.length).toBeGreaterThan(100);
  });

  it('stops at the limit', () => {
    expect(tokenizer.encode('one two three four', 2)).toHaveLength(2);
  });
});

describe('model files', () => {
  it('are accepted with their digests and refused when one byte differs', () => {
    expect([...verifyModel(loadModel('static-en-256', {})).keys()]).toContain('model.onnx');
    const copy = mkdtempSync(join(tmpdir(), 'belay-model-'));
    try {
      cpSync(folder, join(copy, 'static-en-256'), { recursive: true });
      cpSync(join(modelsFolder(), 'manifest.json'), join(copy, 'manifest.json'));
      const file = join(copy, 'static-en-256', 'model.onnx');
      const bytes = readFileSync(file);
      bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
      writeFileSync(file, bytes);
      expect(() => verifyModel(loadModel('static-en-256', { models: copy }))).toThrow(/digest/);
      expect(() => loadModel('no-such-model', { models: copy })).toThrow(/No model/);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});
