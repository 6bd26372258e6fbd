import type { Condition } from '@belay/contracts';

/** A plan cannot go on, for a reason in plain words. */
export class PlanProblem extends Error {}

type Test = (value: unknown, than: unknown, what: string) => boolean;

const isThere = (value: unknown): boolean => value !== undefined && value !== null;

const TESTS: Readonly<Record<Exclude<Condition['is'], 'present' | 'absent'>, Test>> = {
  equal: (value, than) => value === than,
  unequal: (value, than) => value !== than,
  less: (value, than, what) => order(value, than, what) < 0,
  greater: (value, than, what) => order(value, than, what) > 0,
  contains: (value, than, what) => {
    if (Array.isArray(value)) return value.includes(than);
    if (typeof value === 'string' && typeof than === 'string') return value.includes(than);
    throw new PlanProblem(`${what} is neither a text nor a list, so that it cannot contain anything.`);
  },
};

/**
 * Whether a value is as a condition expects it; `undefined` is a value that is not there. Throws PlanProblem where the
 * two cannot be compared: a condition that nobody can judge decides nothing.
 */
export function decideCondition({ value: { $from, at }, is, than }: Condition, value: unknown): boolean {
  const what = `${$from}${at}`;
  if (is === 'present') return isThere(value);
  if (is === 'absent') return !isThere(value);
  if (value === undefined) throw new PlanProblem(`There is nothing at ${what} that could be compared.`);
  if (than === undefined) throw new PlanProblem(`The condition on ${what} has nothing to compare it with.`);
  return TESTS[is](value, than, what);
}

function order(value: unknown, than: unknown, what: string): number {
  if (typeof value === 'number' && typeof than === 'number') return value - than;
  if (typeof value === 'string' && typeof than === 'string') return value < than ? -1 : Number(value > than);
  throw new PlanProblem(
    `${what} has no order with ${JSON.stringify(than)}: both must be numbers, or both texts.`,
  );
}
