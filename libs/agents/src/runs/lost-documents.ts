import { sql, type Transaction } from '@belay/database';
import { SEARCH_CONTRACT } from '../documents/search-contract.js';
import type { StepViewRow } from './run-view.repository.js';

const SEARCH_NAME = `${SEARCH_CONTRACT.contract}@${SEARCH_CONTRACT.version}`;
const LOST = 'No longer available: a document that was read may not be read any more.';

/** A search as it stands in a run; what it found may be forgotten, and of which documents that was is not. */
interface Held {
  readonly result: string | null;
  readonly documents: readonly string[];
}

/**
 * Whether somebody may not read any more what a run holds of documents: permissions change while it waits. `searches`
 * are its searches of documents.
 */
export async function hasLost(tx: Transaction, person: number, searches: readonly Held[]): Promise<boolean> {
  const documents = [...new Set(searches.flatMap(documentsOf))];
  if (documents.length === 0) return false;
  const { may } = await tx.one<{ may: boolean }>(
    sql`select still_readable(${person}, ${documents}::uuid[]) as may`,
  );
  return !may;
}

/** Steps without what may have come of a document that whoever looks at them may not read any more. */
export async function withoutLost(
  tx: Transaction,
  person: number,
  steps: readonly StepViewRow[],
): Promise<readonly StepViewRow[]> {
  const isSearch = ({ contract }: StepViewRow): boolean => contract === SEARCH_NAME;
  const searches = steps.filter(isSearch).map(({ result, kept }) => ({ result, documents: kept.documents }));
  if (!(await hasLost(tx, person, searches))) return steps;
  const first = steps.findIndex(isSearch);
  return steps.map((step, at) =>
    at < first || step.contract === null
      ? step
      : { ...step, arguments: at === first ? step.arguments : null, result: null, reason: LOST },
  );
}

const documentsOf = ({ result, documents }: Held): string[] => [
  ...documents,
  ...documentsIn(JSON.parse(result ?? '{}')),
];

/** The documents of what a search found. */
export function documentsIn(result: unknown): string[] {
  const { passages = [] } = result as { passages?: { document: string }[] };
  return passages.map(({ document }) => document);
}
