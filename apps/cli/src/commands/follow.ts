import { Document } from '@belay/contracts';
import type { Context } from '../context.js';
import type { ApiClient } from '../http/api-client.js';

/** Waits until documents are ready or failed, or until the signal; returns those that failed, with their reasons. */
export async function follow(
  client: ApiClient,
  ids: readonly string[],
  context: Pick<Context, 'note'>,
  signal?: AbortSignal,
): Promise<{ path: string; reason: string }[]> {
  const waiting = new Set(ids);
  const failures: { path: string; reason: string }[] = [];
  let shown = 0;
  while (waiting.size > 0 && signal?.aborted !== true) {
    for (const id of waiting) {
      const row = await client.call(`documents/${id}`, Document);
      if (row.stage !== 'ready' && row.stage !== 'failed') continue;
      waiting.delete(id);
      if (row.error) failures.push({ path: row.path, reason: row.error.detail });
    }
    if (waiting.size === 0) break;
    if (waiting.size !== shown) context.note(`  ${waiting.size} of ${ids.length} still to be read …`);
    shown = waiting.size;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return failures;
}
