import type { Denial } from './approval.repository.js';

/** That a call was not allowed, and by whom; why is for whoever may see what was asked, as `RunStep.denial`. */
export function sayDenial(what: string, denial: Denial | null): string {
  return denial === null ? `${what} was not allowed.` : `${what} was not allowed by ${denial.by}.`;
}
