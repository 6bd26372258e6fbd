import { Kill } from '@belay/contracts';
import { z } from 'zod';
import type { Context } from '../context.js';
import type { ApiClient } from '../http/api-client.js';

export const Kills = z.object({ kills: z.array(Kill) });

/** Says on standard error what is stopped at the moment: whatever is asked for or allowed meanwhile does not happen. */
export async function noteStops(context: Context, client: ApiClient): Promise<void> {
  const { kills } = await client.call('kills', Kills);
  for (const { id, scope, target, reason, liftedAt } of kills) {
    if (liftedAt !== null || scope === 'run') continue;
    const what = target === null ? 'Everything' : `The ${scope} ${target}`;
    context.note(`${what} is stopped: ${reason} (lifted with "./belay kill lift ${id}")`);
  }
}
