import type { Finding, Playbook, Slot } from '@belay/contracts';
import { error } from '../contracts/finding.js';
import { partsOf } from '../contracts/linear-expression.js';
import { patternOf } from './example-pattern.js';
import { partsOfExample } from './examples.js';

const MOST_SLOTS = 50;
// Parts of all patterns together, which each fixture is read by, and of all values that examples name.
const MOST_OF_PATTERNS = 5000;
const MOST_OF_EXAMPLES = 60_000;

/** What makes a playbook longer to read than it may be; said before any of its expressions is compiled. */
export function lintWeight({ slots, examples }: Playbook): Finding[] {
  const all = Object.values(slots);
  if (all.length > MOST_SLOTS)
    return [error('slot.many', '/slots', `There are more than ${MOST_SLOTS} slots.`)];
  const weights = new Map(Object.entries(slots).map(([name, slot]) => [name, partsOf(patternOf(slot))]));
  const ofPatterns = sum(all.filter(hasPattern).map((slot) => partsOf(patternOf(slot))));
  const ofExamples = sum(
    examples.flatMap(partsOfExample).map((part) => ('slot' in part ? (weights.get(part.slot) ?? 0) : 0)),
  );
  if (ofPatterns <= MOST_OF_PATTERNS && ofExamples <= MOST_OF_EXAMPLES) return [];
  const message = 'The patterns repeat too much together: ask for fewer repetitions, as in {1,40}.';
  return [error('slot.pattern', '/slots', message)];
}

const hasPattern = ({ pattern }: Slot): boolean => pattern !== undefined;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
