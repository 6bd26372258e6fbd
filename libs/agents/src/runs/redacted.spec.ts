import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Transaction } from '@belay/database';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redacted } from './redacted.js';
import { RunVault } from './run-vault.js';
import { saltedBy } from './salted-digest.js';

const digestOf = saltedBy('salt');

describe('what is not shown of a value', () => {
  it.each([
    ['a member', { a: 1, b: 2 }, ['/a'], { a: digestOf(1), b: 2 }],
    ['one inside', { a: { b: [1, { c: 'x' }] } }, ['/a/b/1/c'], { a: { b: [1, { c: digestOf('x') }] } }],
    ['a name with a slash', { 'a/b': 1 }, ['/a~1b'], { 'a/b': digestOf(1) }],
    ['the whole', { a: 1 }, [''], digestOf({ a: 1 })],
    ['what is false or empty', { a: false, b: '' }, ['/a', '/b'], { a: digestOf(false), b: digestOf('') }],
    ['nothing where there is nothing', { a: 1 }, ['/b', '/a/x'], { a: 1 }],
    ['a part of what is not shown', { a: { b: 1 } }, ['/a', '/a/b'], { a: digestOf({ b: 1 }) }],
    ['no value at all', null, ['/a'], null],
  ])('is %s', (_, value, places, shown) => {
    expect(redacted(value, places, digestOf)).toEqual(shown);
  });

  it('is another digest in another run, the same for the same value in whatever order', () => {
    expect(digestOf({ a: 1, b: 2 })).toBe(digestOf({ b: 2, a: 1 }));
    expect(saltedBy('other')('yes')).not.toBe(digestOf('yes'));
  });
});

describe('what runs hold', () => {
  const of = (tenant: number): Transaction => ({ tenant }) as Transaction;
  const place = { run: 'r', step: 's', part: 'result' } as const;
  let home: string;
  beforeAll(() => void (home = mkdtempSync(join(tmpdir(), 'belay-vault-'))));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('law-1: is opened where it was sealed for, and nowhere else', () => {
    const vault = new RunVault(home);
    const sealed = vault.seal(of(1), place, 'salary');
    expect(sealed.includes('salary')).toBe(false);
    expect(vault.open(of(1), place, sealed)).toBe('salary');
    expect(vault.open(of(1), place, Buffer.from('"from before"'))).toBe('"from before"');
    for (const [tx, other] of [
      [of(2), place],
      [of(1), { ...place, run: 'q' }],
      [of(1), { ...place, step: 't' }],
      [of(1), { ...place, part: 'arguments' as const }],
    ] as const) {
      expect(() => vault.open(tx, other, sealed)).toThrow(/cannot be opened/);
      expect(vault.openIfOurs(tx, other, sealed)).toBeNull();
    }
    rmSync(join(home, 'secrets.key'));
    expect(() => new RunVault(home).open(of(1), place, sealed)).toThrow(/secrets.key of BELAY_HOME/);
  });
});
