import { SearchResponse } from '@belay/contracts';
import { CliError, EXIT } from '../failure.js';
import type { ApiClient } from '../http/api-client.js';

/** Throws unless the instance searches with the embedding model of this id. */
export async function refuseOtherModel(api: ApiClient, id: string): Promise<void> {
  const body = { query: id, limit: 1, route: 'lexical' };
  const { models } = await api.call('search', SearchResponse, { method: 'POST', body });
  const running = models['embedding']?.split('@')[0] ?? 'none';
  if (running === id) return;
  throw new CliError(`Belay searches with the model "${running}". See "belay models use ${id}".`, EXIT.usage);
}
