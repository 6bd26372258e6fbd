import { describe, expect, it } from '@jest/globals';
import { meaningOf } from './meaning-of-outcome.js';

const KINDS = ['refused', 'needs-input', 'drift', 'not-sent', 'invalid', 'unknown'] as const;
const FIRST = { isRead: false, mayHaveBeen: false, isLast: false };
const AGAIN = { ...FIRST, mayHaveBeen: true };

describe('what came of a call', () => {
  it.each(KINDS)('law-3: after an attempt that may have taken effect, %s leaves that open', (kind) => {
    expect(meaningOf(kind, AGAIN)).toMatch(/unknown/);
    expect(meaningOf(kind, { ...AGAIN, isLast: true })).toMatch(/unknown/);
  });

  it('a result settles it', () => {
    expect(meaningOf('result', AGAIN)).toBe('succeeded');
  });

  it('says of a first attempt what the server said', () => {
    expect(KINDS.map((kind) => meaningOf(kind, FIRST))).toEqual([
      'failed',
      'failed',
      'suspended',
      'given-back',
      'unknown',
      'unknown',
    ]);
  });

  it('ends a read that brought nothing', () => {
    expect(meaningOf('invalid', { ...AGAIN, isRead: true })).toBe('failed');
  });
});
