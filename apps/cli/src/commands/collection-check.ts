import { Collection, SignedInPerson } from '@belay/contracts';
import { z } from 'zod';
import { CliError, EXIT } from '../failure.js';
import type { ApiClient } from '../http/api-client.js';

/** Owners of collections, by id, that only their owners tell apart. */
type Owners = ReadonlyMap<string, string>;

export const Collections = z.object({ collections: z.array(Collection) });
const MOST_NAMED = 20;

/**
 * What to name a collection by in a request: its id where several have its name, of which one's own is meant. Throws
 * where only ids tell them apart, or where none of this name or id is among those that the person may use, and names
 * these: a mistyped name would look like a question without an answer. One that they may not see is like one that is
 * not there.
 */
export async function resolveCollection(
  api: ApiClient,
  name: string | undefined,
): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const collections = await collectionsFor(api);
  // A key may ask and not list; what a name stands for is found out by the request then.
  if (collections === undefined) return name;
  const named = collections.filter((one) => one.name === name || one.id === name);
  if (named.length === 0) throw unknown(name, collections);
  if (named.length === 1) return name;
  const me = await api.call('session', SignedInPerson);
  const own = named.find(({ owner }) => owner === me.name);
  if (own) return own.id;
  const ids = named.map(({ id, title, owner }) => `${id} (“${title}” of ${owner})`).join(', ');
  throw new CliError(`You see several collections named "${name}". Name one by id: ${ids}.`);
}

// Undefined where the person, or their key, may not list any.
async function collectionsFor(api: ApiClient): Promise<readonly Collection[] | undefined> {
  try {
    return (await api.call('collections', Collections)).collections;
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.forbidden) return undefined;
    throw error;
  }
}

/** Whose those collections are that the person could mistake for one another. */
export async function ownersOf(api: ApiClient): Promise<Owners> {
  const all = (await collectionsFor(api)) ?? [];
  return new Map(all.flatMap(({ id, owner }) => (owner === null ? [] : [[id, owner] as const])));
}

/** What the collections that the person sees are called, by id, with whose they are where only that tells them apart. */
export async function namesOf(api: ApiClient): Promise<ReadonlyMap<string, string>> {
  const all = (await collectionsFor(api)) ?? [];
  return new Map(all.map(({ id, name, owner }) => [id, owner === null ? name : `${name} of ${owner}`]));
}

/** "of ada" behind what is in one of several collections of a name. */
export function sayOwner(collectionId: string | undefined, owners: Owners): string {
  const owner = owners.get(collectionId ?? '');
  return owner === undefined ? '' : ` of ${owner}`;
}

function unknown(name: string, collections: readonly Collection[]): CliError {
  const names = [...new Set(collections.map((one) => one.name))].slice(0, MOST_NAMED);
  const rest = collections.length > names.length ? ' and others' : '';
  const own = names.length > 0 ? ` You may use: ${names.join(', ')}${rest}.` : '';
  return new CliError(`There is no collection "${name}" that you may use.${own}`, EXIT.failure);
}

/** Names of the collections that the person sees, by id. */
export async function collectionNames(api: ApiClient): Promise<ReadonlyMap<string, string>> {
  return new Map(((await collectionsFor(api)) ?? []).map(({ id, name }) => [id, name]));
}
