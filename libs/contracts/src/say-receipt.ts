import type { ReceiptCheck } from './removal.js';

/** What was removed, counted: "1 question, 1 ledger payload". */
export const sayRemoved = (removed: Readonly<Record<string, number>>): string =>
  Object.entries(removed)
    .map(([what, count]) => `${count} ${what.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`)
    .join(', ');

/** A receipt that was checked, in sentences; the first says whether it holds. */
export function sayReceipt({ ok, kind, ledger, remains }: ReceiptCheck): [verdict: string, ...string[]] {
  const left = Object.entries(remains).map(([table, rows]) => `${rows} in ${table}`);
  return [
    ok ? 'The receipt holds.' : 'The receipt does not hold.',
    ledger.included
      ? `Leaf ${ledger.sequence} of ${ledger.size}, under the signed root ${ledger.root}.`
      : 'Its leaf is not under a signed checkpoint (a new one needs a second).',
    left.length > 0 ? `Still there: ${left.join(', ')}.` : `Nothing of the ${kind} is left.`,
  ];
}
