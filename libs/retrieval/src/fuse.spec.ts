import { describe, expect, it } from '@jest/globals';
import { inverseFrequency, theoreticalMaximum } from './bm25.js';
import { fuse, scaleCosine } from './fuse.js';

const fusion = { alpha: 0.5, cosineFloor: -1, cosineCeiling: 1 };

describe('fuse', () => {
  it('mixes both legs on their theoretical bounds', () => {
    const [first, second] = fuse(
      [
        { chunkId: 1, cosine: 0, bm25: 0 },
        { chunkId: 2, cosine: 1, bm25: 5 },
      ],
      10,
      fusion,
    );
    expect(first).toMatchObject({ chunkId: 2, score: 0.75 });
    expect(second).toMatchObject({ chunkId: 1, score: 0.25 });
  });

  it('breaks ties by chunk id, whatever the order of the rows', () => {
    const rows = [3, 1, 2].map((chunkId) => ({ chunkId, cosine: 0.1 + 0.2, bm25: 1 }));
    expect(fuse(rows, 2, fusion).map((row) => row.chunkId)).toEqual([1, 2, 3]);
  });

  it('needs neither a vector nor a term', () => {
    expect(fuse([{ chunkId: 1, cosine: null, bm25: 0 }], 0, fusion)[0]?.score).toBe(0);
  });

  it('maps a model’s own range of cosines', () => {
    const narrow = { alpha: 0.5, cosineFloor: 0.7, cosineCeiling: 1 };
    expect(scaleCosine(0.85, narrow)).toBeCloseTo(0.5);
    expect(scaleCosine(0.2, narrow)).toBe(0);
  });
});

describe('fusing across languages', () => {
  // Asked in English: 1 and 2 are English, 3 and 4 German. 4 shares a name with the query and nothing else.
  const candidates = [
    { chunkId: 1, cosine: 0.82, bm25: 3 },
    { chunkId: 2, cosine: 0.78, bm25: 1 },
    { chunkId: 3, cosine: 0.9, bm25: 0 },
    { chunkId: 4, cosine: 0.76, bm25: 9 },
  ];
  const narrow = { alpha: 0.5, cosineFloor: 0.7, cosineCeiling: 1 };
  const order = (foreign?: ReadonlySet<number>) =>
    fuse(candidates, 10, narrow, foreign).map(({ chunkId }) => chunkId);

  it('lets the dense leg decide alone where the chunk is in another language', () => {
    expect(order()[0]).toBe(4);
    expect(order(new Set([3, 4]))).toEqual([3, 1, 2, 4]);
  });

  it('orders chunks that are all foreign by their cosine', () => {
    expect(order(new Set([1, 2, 3, 4]))).toEqual([3, 1, 2, 4]);
  });
});

describe('BM25 weights', () => {
  it('weighs rare terms higher and never below zero', () => {
    expect(inverseFrequency(100, 1)).toBeGreaterThan(inverseFrequency(100, 50));
    expect(inverseFrequency(100, 100)).toBeGreaterThanOrEqual(0);
    expect(inverseFrequency(3, 5)).toBe(0);
  });

  it('bounds the score of a query', () => {
    expect(theoreticalMaximum([{ termId: '1', word: 0, idf: 2 }])).toBeCloseTo(4.4);
  });
});
