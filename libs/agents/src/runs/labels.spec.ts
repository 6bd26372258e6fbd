import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { join, type Label, mayDecide, mayFlowTo } from './labels.js';

const readers = fc.option(
  fc.uniqueArray(fc.integer({ min: 1, max: 6 })).map((ids) => new Set(ids)),
  { nil: null },
);
const label: fc.Arbitrary<Label> = fc.record({
  integrity: fc.constantFrom('system' as const, 'user' as const, 'untrusted' as const),
  readers,
  origins: fc.uniqueArray(fc.constantFrom('desk', 'files')).map((names) => new Set(names)),
  documents: fc.uniqueArray(fc.constantFrom('one', 'two')).map((ids) => new Set(ids)),
});
const plain = ({ integrity, readers: who, origins, documents }: Label): unknown => [
  integrity,
  who && [...who].sort(),
  [...origins].sort(),
  [...documents].sort(),
];

describe('labels', () => {
  it('join the same in any order and grouping, and a value with itself stays', () => {
    fc.assert(
      fc.property(label, label, label, (a, b, c) => {
        expect(plain(join(a, b))).toEqual(plain(join(b, a)));
        expect(plain(join(join(a, b), c))).toEqual(plain(join(a, join(b, c))));
        expect(plain(join(a, a))).toEqual(plain(a));
      }),
    );
  });

  it('never gain a right by being joined', () => {
    fc.assert(
      fc.property(label, label, readers, (a, b, audience) => {
        const both = join(a, b);
        if (mayDecide(both, 'recipient'))
          expect(mayDecide(a, 'recipient') && mayDecide(b, 'recipient')).toBe(true);
        if (mayFlowTo(both, audience)) expect(mayFlowTo(a, audience) && mayFlowTo(b, audience)).toBe(true);
      }),
    );
  });
});
