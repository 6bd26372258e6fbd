import { describe, expect, it } from '@jest/globals';
import { confidenceOf } from './confidence.js';
import { rankerOf, refusingBelow } from './rankers.js';

const fitted = rankerOf('static-en-256');
const ranker = {
  ...fitted,
  ...{ calibration: { slope: 1, offset: 0 }, threshold: 0.3 },
  reading: {
    ...{ sentences: 4, reach: 4, weight: 1, gate: 0.3, threshold: 0.4 },
    calibration: { slope: 0.5, reader: 0.25, offset: 1 },
  },
};

describe('confidenceOf', () => {
  it('goes by the evidence alone where nothing was read, or nothing can be', () => {
    expect(confidenceOf(0, undefined, ranker)).toEqual({ confidence: 0.5, threshold: 0.3 });
    const unread = { ...ranker, reading: undefined };
    expect(confidenceOf(0, 9, unread)).toEqual({ confidence: 0.5, threshold: 0.3 });
  });

  it('goes by evidence and reader together where sentences were read', () => {
    expect(confidenceOf(2, -8, ranker)).toEqual({ confidence: 0.5, threshold: 0.4 });
    expect(confidenceOf(2, 4, ranker).confidence).toBeCloseTo(1 / (1 + Math.exp(-3)), 12);
  });

  it('lets no reader make up for evidence that is missing', () => {
    const sure = confidenceOf(-1, 40, ranker);
    expect(sure).toEqual({ confidence: expect.closeTo(1 / (1 + Math.exp(1)), 12), threshold: 0.3 });
  });

  it('takes a threshold that was measured on a collection for what it says in the end', () => {
    const strict = refusingBelow(0.9, ranker);
    expect(confidenceOf(5, undefined, strict).threshold).toBe(0.9);
    expect(confidenceOf(1, 20, strict)).toEqual({ confidence: expect.closeTo(1, 2), threshold: 0.9 });
    expect(refusingBelow(0.1, ranker).reading).toMatchObject({ gate: 0.1, threshold: 0.1 });
    expect(refusingBelow(0.9, { ...ranker, reading: undefined }).reading).toBeUndefined();
  });

  it.each(['static-en-256', 'all-minilm-l6-v2', 'multilingual-e5-small'])(
    'is surer, by the fitted weights of %s, the surer either is',
    (model) => {
      const sure = (evidence: number, read: number): number =>
        confidenceOf(evidence, read, rankerOf(model)).confidence;
      expect(sure(2, 0)).toBeGreaterThan(sure(1, 0));
      expect(sure(1, 1)).toBeGreaterThan(sure(1, 0));
      expect(sure(1, 0)).toBeGreaterThan(sure(1, -3));
    },
  );
});
