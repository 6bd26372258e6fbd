import { describe, expect, it } from '@jest/globals';
import type { Question } from './question.js';
import { type Holding, tellApart } from './tell-apart.js';

const word = (written: string) => ({ forms: [written], written, idf: 2, name: false });
const question: Question = {
  ...{ lowered: 'pump pressure', language: 'en', type: 'number' },
  words: [word('pump'), word('pressure')],
  totalIdf: 4,
  isTelling: true,
};
const holding = (pump: boolean, pressure: boolean): Holding => ({
  own: [pump, pressure],
  withPrevious: [pump, pressure],
  near: [Number(pump), Number(pressure)],
});

describe('tellApart', () => {
  it('weighs a word that few sentences of the pool hold above one that all of them hold', () => {
    const pool = [holding(true, false), holding(true, false), holding(true, true), holding(false, true)];
    const [pumpOnly, , both, pressureOnly] = tellApart(question, pool).map(({ own }) => own);
    expect(both).toBeCloseTo(1);
    expect(pressureOnly).toBeGreaterThan(pumpOnly as number);
  });

  it('gives nothing for a word that every sentence holds', () => {
    const pool = [holding(true, false), holding(true, true), holding(true, false)];
    const told = tellApart(question, pool);
    expect(told.map(({ own }) => own > 0.5)).toEqual([false, true, false]);
  });

  it('counts the sentence before and the nearest words by the same weights', () => {
    const pool = [
      { own: [false, false], withPrevious: [false, true], near: [0, 0.5] },
      { own: [true, false], withPrevious: [true, false], near: [1, 0] },
    ];
    const [first] = tellApart(question, pool);
    expect(first?.own).toBe(0);
    expect(first?.withPrevious).toBeGreaterThan(0.5);
    expect(first?.near).toBeCloseTo((first?.withPrevious ?? 0) / 2);
  });

  it('is nothing, not NaN, for a question without words or a pool without sentences', () => {
    expect(tellApart({ ...question, words: [], totalIdf: 0 }, [holding(false, false)])).toEqual([
      { own: 0, withPrevious: 0, near: 0 },
    ]);
    expect(tellApart(question, [])).toEqual([]);
  });
});
