import { describe, expect, it } from '@jest/globals';
import { fillArguments } from './fill-arguments.js';
import { SYSTEM } from './labels.js';

describe('the arguments of a call', () => {
  it('hold so much, however often a plan refers to the same value', () => {
    const results = new Map([['note', { value: { text: 'x'.repeat(150_000) }, label: SYSTEM }]]);
    const text = { $from: 'note', at: '/text' };
    expect(fillArguments({ body: text }, SYSTEM, results).value['body']).toHaveLength(150_000);
    expect(() => fillArguments({ body: text, more: [text] }, SYSTEM, results)).toThrow(/larger than 256 kB/);
    expect(() => fillArguments({ body: 'x'.repeat(300_000) }, SYSTEM, results)).toThrow(/larger than 256 kB/);
  });
});
