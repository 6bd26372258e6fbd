import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadModel, modelsFolder, verifyModel } from './store/model-store.js';
import { StaticTable } from './static-table.js';

const reference = JSON.parse(
  readFileSync(join(modelsFolder(), 'static-en-256', 'reference.json'), 'utf8'),
) as { text: string; vector8?: number[] }[];

describe('the static table', () => {
  const table = new StaticTable(verifyModel(loadModel('static-en-256', {})));

  it('gives the vectors that the graph gives', () => {
    const known = reference.filter(({ vector8 }) => vector8 !== undefined);
    expect(known.length).toBeGreaterThan(10);
    for (const { text, vector8 = [] } of known) {
      const sum = table.word(text);
      const norm = Math.hypot(...sum) || 1;
      vector8.forEach((value, at) => expect((sum[at] ?? 0) / norm).toBeCloseTo(value, 4));
    }
  });

  it('knows nothing of what it has no piece for', () => {
    expect(Math.hypot(...table.word(''))).toBe(0);
  });
});
