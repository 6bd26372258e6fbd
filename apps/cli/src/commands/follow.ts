import { Document } from '@belay/contracts';
import type { Context } from '../context.js';
import type { ApiClient } from '../http/api-client.js';

// The oldest of those that wait are read first, so that it is enough to look at some of them.
const LOOKED_AT = 16;

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
    const looked = [...waiting].slice(0, LOOKED_AT);
    for (const id of looked) {
      const row = await client.call(`documents/${id}`, Document);
      if (!isDone(row)) continue;
      waiting.delete(id);
      if (row.error) failures.push({ path: row.path, reason: row.error.detail });
    }
    if (looked.every((id) => !waiting.has(id))) continue;
    if (waiting.size !== shown) context.note(`  ${waiting.size} of ${ids.length} still to be read …`);
    shown = waiting.size;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return failures;
}

const isDone = ({ stage }: Document): boolean => stage === 'ready' || stage === 'failed';
