import { describe, expect, it } from '@jest/globals';
import { calibrationError, riskCoverage, thresholdAt } from './risk-coverage.js';

const judged = [0.9, 0.8, 0.7, 0.6, 0.2].map((confidence, index) => ({
  confidence,
  shown: index < 4,
  right: index === 0 || index === 2,
}));

describe('risk against coverage', () => {
  it('counts the wrong among the surest, and ends where the threshold does', () => {
    const points = riskCoverage(judged);
    expect(points[0]).toEqual({ coverage: 0.2, risk: 0, confidence: 0.9 });
    expect(points.at(-1)).toEqual({ coverage: 0.8, risk: 0.5, confidence: 0.6 });
    expect(points.map(({ coverage }) => coverage)).toEqual([0.2, 0.4, 0.6, 0.8]);
  });

  it('has no point where nothing was shown', () => {
    expect(riskCoverage([])).toEqual([]);
    expect(calibrationError([])).toBeNull();
  });

  it('says how far confidence is from what happened', () => {
    expect(calibrationError(judged)).toBeCloseTo((0.1 + 0.8 + 0.3 + 0.6) / 4);
    const sure = [1, 1, 1].map((confidence) => ({ confidence, shown: true, right: true }));
    expect(calibrationError(sure)).toBe(0);
  });

  it('finds the confidence that refuses a share', () => {
    expect(thresholdAt(judged, 0.2)).toBe(0.6);
    expect(thresholdAt(judged, 0)).toBe(0.2);
  });
});
