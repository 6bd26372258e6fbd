import { Collection } from '@belay/contracts';
import { z } from 'zod';
import { CliError, EXIT } from '../failure.js';
import type { ApiClient } from '../http/api-client.js';

const Collections = z.object({ collections: z.array(Collection) });
const MOST_NAMED = 20;

/**
 * Throws where a collection of this name or id is not among those that the person may use, and names these: a mistyped
 * name would look like a question without an answer. One that they may not see is like one that is not there.
 */
export async function requireCollection(api: ApiClient, name: string | undefined): Promise<void> {
  if (name === undefined) return;
  const { collections } = await api.call('collections', Collections);
  if (collections.some((one) => one.name === name || one.id === name)) return;
  const names = collections.map((one) => one.name).slice(0, MOST_NAMED);
  const rest = collections.length > names.length ? ' and others' : '';
  const own = names.length > 0 ? ` You may use: ${names.join(', ')}${rest}.` : '';
  throw new CliError(`There is no collection "${name}" that you may use.${own}`, EXIT.failure);
}
