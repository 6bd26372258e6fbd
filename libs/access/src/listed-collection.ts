import { DomainError } from '@belay/errors';
import type { CollectionRow, FolderRow } from './collection.repository.js';

/** A collection as one person sees it: whether they manage it, and the folders that they may see. */
export type ListedCollection = CollectionRow & { manages: boolean; folders: string[] };

/** Rows with the folders that belong to each. */
export function listed(
  rows: readonly CollectionRow[],
  folders: readonly FolderRow[],
  managed: boolean,
): ListedCollection[] {
  const paths = new Map<string, string[]>(rows.map((row) => [row.id, []]));
  for (const { collectionId, path } of folders) paths.get(collectionId)?.push(path);
  return rows.map((row) => ({ ...row, manages: managed, folders: paths.get(row.id) ?? [] }));
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
    const ids = named.map((row) => `${row.id} (${row.title})`).join(', ');
    throw new DomainError(
      'conflict',
      `You see several collections named "${reference}". Name one by id: ${ids}.`,
    );
  }
  return found;
}
