import type { AskedSlot, Playbook, SlotValue } from '@belay/contracts';
import { DomainError } from '@belay/errors';
import { readSlot } from './read-slot.js';

/**
 * The slots of a run from what its person gave, with defaults and lists of the playbook beside them. Throws
 * `request.invalid` with each slot that is missing, unknown or not of its type.
 */
export function fillSlots(
  { slots, lists }: Playbook,
  given: Readonly<Record<string, SlotValue>>,
): Record<string, SlotValue | SlotValue[]> {
  const problems = Object.keys(given)
    .filter((name) => !Object.hasOwn(slots, name))
    .map((name) => `There is no slot ${name}.`);
  const filled: Record<string, SlotValue | SlotValue[]> = { ...lists };
  for (const [name, slot] of Object.entries(slots)) {
    const value = Object.hasOwn(given, name) ? given[name] : slot.default;
    const reading = value === undefined ? { problem: `is missing: ${slot.question}` } : readSlot(slot, value);
    if (reading.value === undefined) problems.push(`"${name}" ${reading.problem}.`);
    else filled[name] = reading.value;
  }
  if (problems.length > 0) throw new DomainError('request.invalid', problems.join(' '));
  return filled;
}

/** The slots of a playbook as whoever fills them sees them. */
export function askedSlots({ slots }: Playbook): AskedSlot[] {
  return Object.entries(slots).map(
    ([name, { type, question, choices = null, default: standard = null }]) => ({
      name,
      type,
      question,
      choices,
      default: standard,
    }),
  );
}
