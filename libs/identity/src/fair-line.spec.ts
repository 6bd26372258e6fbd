import { describe, expect, it } from '@jest/globals';
import { FairLine } from './fair-line.js';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A line whose work says when it begins, and ends when it is told to; its address is the first letter of its name. */
function bench(line: FairLine) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const start = (name: string): Promise<string> =>
    line.of(name.charAt(0), () => {
      begun.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    });
  const end = async (...names: string[]): Promise<void> => {
    for (const name of names) {
      ends.get(name)?.();
      await settled();
    }
  };
  return { begun, start, end };
}

const TOO_MANY = { status: 'rejected', reason: { code: 'request.too-many' } };
const done = (value: string): object => ({ status: 'fulfilled', value });

describe('a fair line', () => {
  it('has one of each address after the other, however many come from one', async () => {
    const { begun, start, end } = bench(new FairLine(2, 48));
    const all = ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2'].map(start);
    await end('a1', 'a2', 'a3', 'b1', 'c1', 'a4', 'b2');
    expect(begun).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'a4', 'b2']);
    expect((await Promise.all(all)).length).toBe(7);
  });

  it('when full, has the last from where most wait give way to another address, and refuses more from there', async () => {
    const { start, end } = bench(new FairLine(1, 3));
    const all = Promise.allSettled(['a1', 'a2', 'a3', 'a4', 'b1', 'a5'].map(start));
    // Of two addresses with as many none gives way to the other.
    const more = Promise.allSettled(['b2', 'c1', 'b3', 'd1'].map(start));
    await end('a1', 'a2', 'b1', 'c1');
    expect(await all).toMatchObject([done('a1'), done('a2'), TOO_MANY, TOO_MANY, done('b1'), TOO_MANY]);
    expect(await more).toMatchObject([TOO_MANY, done('c1'), TOO_MANY, TOO_MANY]);
  });

  it('goes on after work that failed', async () => {
    const line = new FairLine(1, 1);
    const failing = line.of('a', () => Promise.reject(new Error('no')));
    const next = line.of('a', () => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    expect([await next, await line.of('b', () => Promise.resolve('again'))]).toEqual(['yes', 'again']);
  });
});
