import { setTimeout as sleep } from 'node:timers/promises';
import { recordLeaf } from '@belay/audit';
import type { Database, Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import { GenerationRepository, type GenerationRow } from './generation.repository.js';
import { passes } from './passes.js';

/** On whose behalf a generation becomes active: a person's, or the gate's. */
export interface CutOverIdentity {
  readonly role: 'api' | 'worker';
  readonly tenant: number;
  readonly person?: number;
}

// New documents wait as long as this for the vectors that are still missing.
const SETTLE_SECONDS = 20;
const LOOK_AGAIN_MS = 250;

const repository = new GenerationRepository();

/**
 * Makes a generation the active one, in one transaction, where no passage lacks a vector in it and its figures allow
 * it. The former one stands by. Throws `conflict` with the reason, and then nothing has changed.
 */
export async function cutOver(
  database: Database,
  identity: CutOverIdentity,
  id: number,
  force = false,
): Promise<{ from: number }> {
  const until = Date.now() + SETTLE_SECONDS * 1000;
  for (;;) {
    const { from, missing } = await database.transaction(identity, (tx) => attempt(tx, identity, id, force));
    if (missing === 0) return { from };
    if (Date.now() > until)
      throw new DomainError('conflict', `${missing} passages have no vector in generation ${id} yet. Wait.`);
    await database.transaction(identity, (tx) => repository.settle(tx, id, SETTLE_SECONDS));
    await sleep(LOOK_AGAIN_MS);
  }
}

async function attempt(
  tx: Transaction,
  { tenant, person }: CutOverIdentity,
  id: number,
  force: boolean,
): Promise<{ from: number; missing: number }> {
  await repository.lock(tx);
  const rows = await repository.list(tx);
  const target = rows.find((row) => row.id === id);
  const active = rows.find(({ state }) => state === 'active');
  if (!target || !active) throw new DomainError('not-found', `There is no embedding generation ${id}.`);
  refuse(target, force);
  await refuseLargeGap(tx, target);
  const missing = (await repository.activate(tx, id)) ?? 0;
  if (missing > 0) return { from: active.id, missing };
  const { modelId, modelDigest, figures } = target;
  await recordLeaf(tx, tenant, {
    type: target.state === 'standby' ? 'model.return' : 'model.switch',
    actor: person ?? null,
    resource: `generation:${id}`,
    digests: { model: modelDigest },
    payload: { from: active.id, to: id, model: modelId, forced: force, figures },
  });
  return { from: active.id, missing };
}

function refuse(target: GenerationRow, force: boolean): void {
  const { id, modelId, state, problem, figures, margin } = target;
  if (state === 'active') throw new DomainError('conflict', `Generation ${id} is the active one already.`);
  if (problem !== null) throw new DomainError('conflict', `Generation ${id} cannot be searched: ${problem}`);
  // What has been active before is returned to without a gate.
  if (state === 'standby' || force) return;
  if (!figures)
    throw new DomainError('conflict', `Generation ${id} has not been measured yet. Wait, or force it.`);
  if (passes(target)) return;
  throw new DomainError(
    'conflict',
    `${modelId} finds ${figures.candidate} (nDCG@10, ${figures.measuredOn}) where the active model finds ` +
      `${figures.active}; it may lose ${margin}. Nothing was changed; force it, or drop generation ${id}.`,
  );
}

// Only a small rest is waited for; a generation that is far from complete is said so at once.
async function refuseLargeGap(tx: Transaction, { id }: GenerationRow): Promise<void> {
  const own = (await repository.progress(tx)).find((row) => row.id === id);
  if (!own || own.total - own.filled <= MOST_AWAITED) return;
  throw new DomainError(
    'conflict',
    `Generation ${id} has vectors of ${own.filled} of ${own.total} passages. Wait.`,
  );
}

const MOST_AWAITED = 512;
