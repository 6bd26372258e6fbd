import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MutatedCopy, mutations } from './mutated-copy.js';

/** Makes each mutation of these laws, one after the other, and demands that the tests that cite the law fail. */
export function describeMutations(...laws: readonly string[]): void {
  describe('under a mutation the citing tests fail', () => {
    let copy: MutatedCopy;
    beforeAll(() => void (copy = new MutatedCopy()), 600_000);
    afterAll(() => copy?.remove());

    it('parsers read documents in the copy, without which no test that needs one would say anything', () => {
      const { passed, broken } = copy.run(
        'libs/ingestion/src/parse-process.spec.ts',
        'gives what the parser gives',
      );
      expect({ passed: passed.length, broken }).toEqual({ passed: 1, broken: 0 });
    }, 300_000);

    it.each(mutations.filter(({ id }) => laws.includes(id)))(
      '$id: $breaks',
      (mutation) => {
        const titled = `${mutation.id}: ${mutation.test ?? ''}`;
        copy.under(mutation, () => {
          const { failed, broken } = copy.run(mutation.spec, titled);
          expect(broken).toBe(0);
          expect(failed.filter((title) => title.startsWith(titled))).not.toEqual([]);
        });
      },
      600_000,
    );
  });
}
