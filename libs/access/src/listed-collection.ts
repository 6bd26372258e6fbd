import { DomainError } from '@belay/errors';
import type { CollectionRow, FolderRow } from './collection.repository.js';

/**
 * A collection as one person sees it: whether they manage it, the folders that they may see, and the name of its owner
 * where they see another one of its name or title.
 */
export type ListedCollection = CollectionRow & {
  readonly manages: boolean;
  readonly folders: string[];
  readonly owner: string | null;
};

/** Rows with the folders that belong to each. */
export function listed(
  rows: readonly CollectionRow[],
  folders: readonly FolderRow[],
  managed: boolean,
): Omit<ListedCollection, 'owner'>[] {
  const paths = new Map<string, string[]>(rows.map((row) => [row.id, []]));
  for (const { collectionId, path } of folders) paths.get(collectionId)?.push(path);
  return rows.map((row) => ({ ...row, manages: managed, folders: paths.get(row.id) ?? [] }));
}

/** Of collections that one person sees those that only their owners tell apart. */
export function alike<Row extends CollectionRow>(all: readonly Row[]): Row[] {
  const names = countOf(all.map(({ name }) => name));
  const titles = countOf(all.map(({ title }) => title));
  return all.filter(({ name, title }) => (names.get(name) ?? 0) > 1 || (titles.get(title) ?? 0) > 1);
}

function countOf(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** The collection that a person means by an id or a name; see AccessService.collection. */
export function pickCollection(
  all: readonly ListedCollection[],
  reference: string,
  person: number,
): ListedCollection {
  const named = all.filter((row) => row.name === reference);
  const own = named.filter((row) => row.ownerId === person);
  const found = all.find((row) => row.id === reference) ?? own[0] ?? named[0];
  if (!found) throw new DomainError('not-found', `There is no collection "${reference}" that you may use.`);
  if (found.name === reference && own.length === 0 && named.length > 1) {
    const ids = named.map((row) => `${row.id} (“${row.title}” of ${row.owner})`).join(', ');
    throw new DomainError(
      'conflict',
      `You see several collections named "${reference}". Name one by id: ${ids}.`,
    );
  }
  return found;
}
