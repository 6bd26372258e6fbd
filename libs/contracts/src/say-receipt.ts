import type { ReceiptCheck } from './removal.js';

type Counts = Readonly<Record<string, number>>;

const counted = (count: number, one: string, many: string): string =>
  count === 0 ? '' : `${count} ${count === 1 ? one : many}`;
const listed = (parts: readonly string[]): string =>
  [parts.slice(0, -1).join(', '), parts.at(-1)].filter(Boolean).join(' and ');

/** The original files beside the versions that they were read into. */
function originalsOf(originals: number, versions: number): string {
  if (originals === 0 || originals !== versions) return counted(originals, 'original file', 'original files');
  return originals === 1 ? 'its original file' : 'their original files';
}

/** What was removed, in words: "1 passage, 1 version and its original file". Entries of the index go with their passages. */
export function sayRemoved(removed: Counts): string {
  const of = (what: string): number => removed[what] ?? 0;
  const parts = [
    counted(of('chunks'), 'passage', 'passages'),
    counted(of('versions'), 'version', 'versions'),
    originalsOf(of('originals'), of('versions')),
    counted(of('question'), 'question with its answer', 'questions with their answers'),
    counted(of('feedback'), 'rating', 'ratings'),
    counted(of('readings'), 'reading of it in later questions', 'readings of it in later questions'),
  ].filter(Boolean);
  return parts.length > 0 ? listed(parts) : 'what was there of it';
}

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
