import { describe, expect, it } from '@jest/globals';
import { cosineAt, packedCosines, packVectors, partsOf } from './sentence-vectors.js';

const sentences = (count: number): string =>
  Array.from({ length: count }, (_, index) => `Sentence number ${index} stands here.`).join(' ');

describe('the parts of a passage', () => {
  it('are its sentences where there are few, and runs of neighbours where there are many', () => {
    const few = sentences(3);
    expect(partsOf(few, 'en').map(({ start, end }) => few.slice(start, end))).toEqual([
      'Sentence number 0 stands here.',
      'Sentence number 1 stands here.',
      'Sentence number 2 stands here.',
    ]);
    const many = sentences(20);
    const parts = partsOf(many, 'en').map(({ start, end }) => many.slice(start, end));
    expect(parts).toHaveLength(7);
    expect(parts[0]).toBe(sentences(3));
    expect(parts.at(-1)).toBe('Sentence number 18 stands here. Sentence number 19 stands here.');
    expect(partsOf('', 'en')).toEqual([]);
  });

  it('give each sentence the cosine of its part, and none where the text is cut otherwise', () => {
    const parts = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];
    expect([0, 2, 3, 19].map((at) => cosineAt(parts, at, 20))).toEqual([0.1, 0.1, 0.2, 0.7]);
    expect(cosineAt(parts, 6, 7)).toBe(0.7);
    expect(cosineAt(parts, 0, 6)).toBeNull();
    expect(cosineAt(undefined, 0, 1)).toBeNull();
  });
});

describe('packed vectors', () => {
  it('keep their direction', () => {
    const vectors = [1, 2, 3].map((seed) =>
      Float32Array.from({ length: 384 }, (_, at) => Math.sin(seed * (at + 1)) / 14),
    );
    const asked = Float32Array.from(vectors[1] as Float32Array, (value, at) => value + Math.cos(at) / 30);
    const packed = packVectors(vectors);
    expect(packed).toHaveLength(3 * 384);
    const cosines = packedCosines(packed, asked);
    const dot = (a: Float32Array, b: Float32Array): number =>
      a.reduce((sum, value, at) => sum + value * (b[at] as number), 0);
    vectors.forEach((vector, index) => {
      const exact = dot(vector, asked) / Math.sqrt(dot(vector, vector) * dot(asked, asked));
      expect(cosines[index]).toBeCloseTo(exact, 2);
    });
  });

  it('of zeros, or none, are near to nothing', () => {
    expect(packedCosines(packVectors([new Float32Array(4)]), Float32Array.of(1, 0, 0, 0))).toEqual([0]);
    expect(packedCosines(packVectors([]), Float32Array.of(1, 0, 0, 0))).toEqual([]);
    expect(packedCosines(packVectors([Float32Array.of(1, 0)]), new Float32Array(2))).toEqual([0]);
  });
});
