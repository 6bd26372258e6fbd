import type { Denial } from './approval.repository.js';

/** That a call was not allowed, with who said so and why. */
export function sayDenial(what: string, denial: Denial | null): string {
  if (denial === null) return `${what} was not allowed.`;
  const why = denial.reason ?? '';
  return `${what} was not allowed by ${denial.by}${why === '' ? '.' : `: ${why}`}`;
}
