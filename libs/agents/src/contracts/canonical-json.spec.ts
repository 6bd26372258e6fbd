import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, digestOf } from './canonical-json.js';

describe('canonical JSON', () => {
  it('sorts keys by UTF-16 units and writes numbers and texts as ECMAScript does (RFC 8785, 3.2.3)', () => {
    const value = JSON.parse(
      '{"\\u20ac":1,"\\r":2,"\\ufb33":3,"1":4,"\\ud83d\\ude00":5,"\\u0080":6,"\\u00f6":7}',
    );
    const keys = [...canonicalJson(value).matchAll(/:(\d)/g)].map(([, n]) => n);
    expect(keys.join('')).toBe('2467153');
    expect(
      canonicalJson(JSON.parse('[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001, -0]')),
    ).toBe('[333333333.3333333,1e+30,4.5,0.002,1e-27,0]');
  });

  it('is the same for equal values however their keys are ordered, and parses to them', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const turned = JSON.parse(JSON.stringify(value), (_, node: unknown) =>
          typeof node === 'object' && node !== null && !Array.isArray(node)
            ? Object.fromEntries(Object.entries(node).reverse())
            : node,
        ) as unknown;
        const text = canonicalJson(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(turned)).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1n, undefined, '\ud800', { a: undefined }])(
    'refuses %p, which JSON cannot hold',
    (value) => {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    },
  );

  it('tells texts apart that look alike', () => {
    expect(digestOf({ to: 'ada@example.org' })).not.toBe(digestOf({ to: 'ada@example.org\u200b' }));
    expect(digestOf({ a: ['b', 'c'] })).not.toBe(digestOf({ a: ['b,c'] }));
  });
});
