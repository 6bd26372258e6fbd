import { bestInstalled, isBetter, type KnownModel, ladder, listModels } from '@belay/inference';
import type { Context } from '../context.js';
import { pullModel, type PullLimits } from '../pull-model.js';
import type { Plan } from './plan.js';

/** How long a first start fetches a model before it goes on without. */
export const PULL_LIMIT_MS = 120_000;

/** What a first start would fetch: the best known model, unless it is here, or nothing may be fetched or chosen. */
export function modelToFetch(plan: Plan): KnownModel | undefined {
  if (plan.offline || plan.environment['BELAY_MODEL']) return undefined;
  const [best] = ladder(plan.config);
  return best && listModels(plan.config).some(({ id }) => id === best.id) ? undefined : best;
}

/**
 * Decides what a start does about models. A database that has one keeps it, and a better one that is installed is
 * named. For a new database the best known model is fetched where that is allowed and quick; the id of the best that
 * is here is returned, or undefined for the configured or bundled one.
 */
export async function firstModel(
  plan: Plan,
  active: string | undefined,
  context: Context,
  signal: AbortSignal,
  limitMs = PULL_LIMIT_MS,
): Promise<string | undefined> {
  if (active !== undefined) {
    nameBetter(plan, active, context);
    return undefined;
  }
  if (plan.environment['BELAY_MODEL']) return undefined;
  await fetchBest(plan, context, { signal, limitMs });
  const best = bestInstalled(plan.config, context.note);
  context.note(`Embedding model: ${best?.id ?? 'the bundled table'}.`);
  const [top] = ladder(plan.config);
  if (top && best?.id !== top.id) {
    const pull = `./belay models pull ${top.id} && ${useCommand(top.id, plan)}`;
    context.note(`For better answers, also across languages: ${pull}`);
  }
  return best?.id;
}

function nameBetter(plan: Plan, active: string, context: Context): void {
  const here = new Set(listModels(plan.config).map(({ id }) => id));
  const better = ladder(plan.config).find(({ id }) => here.has(id) && isBetter(id, active, plan.config));
  if (better)
    context.note(
      `${better.id} is installed and better than ${active}. Use it: ${useCommand(better.id, plan)}`,
    );
}

async function fetchBest(plan: Plan, context: Context, limits: PullLimits): Promise<void> {
  const wanted = modelToFetch(plan);
  if (!wanted) return;
  const started = Date.now();
  try {
    await pullModel(wanted, plan.config, context, limits);
    context.note(`${wanted.id} was installed in ${Math.round((Date.now() - started) / 1000)} s.`);
  } catch (error) {
    limits.signal?.throwIfAborted();
    context.note(`Going on without ${wanted.id}. ${(error as Error).message}`);
  }
}

function useCommand(id: string, plan: Plan): string {
  return `./belay models use ${id}${plan.demo ? ' --as admin' : ''}`;
}
