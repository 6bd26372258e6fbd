import { describe, expect, it } from '@jest/globals';
import { GraphSession } from '../graph-session.js';
import { encoderInputs } from '../graph-values.js';
import { convertReader } from './convert-reader.js';
import { TOKEN_SCORES } from './encoder-graph.js';
import { packWords } from './pack-words.js';
import { quantise } from './quantise.js';
import { safetensorsEncoder } from './safetensors.js';
import { safetensorsBytes, TINY, tinyEncoder } from './tiny-models.js';

const SHAPE = { ...TINY, hidden: 64 };

function tinyReader(weight: number) {
  const { shape, tensors } = tinyEncoder(SHAPE, 3);
  const head = Float32Array.from({ length: SHAPE.hidden }, (_, index) => weight * Math.sin(index + 1));
  const all = new Map(tensors)
    .set('reader.weight', { shape: [1, SHAPE.hidden], values: head })
    .set('reader.bias', { shape: [1], values: Float32Array.of(0.5) });
  const bytes = safetensorsBytes({ shape, tensors: all });
  return safetensorsEncoder(
    { size: bytes.length, slice: (start, end) => bytes.subarray(start, end) },
    SHAPE,
    0,
  );
}

const texts = (from: number): number[][] =>
  Array.from({ length: 12 }, (_, row) =>
    Array.from({ length: 9 + row }, (_, at) => (from + row * 7 + at * 5) % 40),
  );

describe('a converted reader', () => {
  it('scores each token nearly as in full precision', async () => {
    const { graph, check } = await convertReader(tinyReader(1), { seen: texts(1), others: texts(2) });
    expect(check.texts).toBe(12);
    expect(check.meanCorrelation).toBeGreaterThan(0.99);
    const session = await GraphSession.open(graph);
    try {
      const { scores } = await session.run(encoderInputs(session.inputs, [3, 1, 4, 1, 5]));
      expect(scores?.shape).toEqual([1, 5]);
    } finally {
      await session.close();
    }
  });

  it('has weights of 7 bits where those of 8 are not near enough', async () => {
    const measured = { seen: texts(1), others: texts(2) };
    const made = (enough: number) => {
      let compared = 0;
      const judge = { compare: () => (compared += 1), isNear: (check: number) => check >= enough };
      return quantise(packWords(tinyReader(1)), TOKEN_SCORES, measured, judge);
    };
    const [whole, narrow] = [await made(1), await made(2)];
    expect([whole.check, narrow.check]).toEqual([1, 2]);
    expect(Buffer.compare(whole.graph, narrow.graph)).not.toBe(0);
  });

  it('is refused where its scores say nothing', async () => {
    const converted = convertReader(tinyReader(0), { seen: texts(1), others: texts(2) });
    await expect(converted).rejects.toThrow(/too far from those in full precision/);
  });
});

describe('words in 4 bits', () => {
  it('are within half a step of what they were', () => {
    const weights = tinyReader(1);
    const { word, packedWords } = packWords(weights);
    for (let id = 0; id < SHAPE.vocabulary; id += 1) {
      const step = packedWords?.scales[id] ?? 0;
      const before = weights.word(id);
      word(id).forEach((value, column) =>
        expect(Math.abs(value - (before[column] ?? 0))).toBeLessThanOrEqual(step / 2 + 1e-6),
      );
    }
  });
});
