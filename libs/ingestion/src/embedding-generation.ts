import type { Database } from '@belay/database';
import type { EmbeddingModel } from '@belay/inference';
import { GenerationRepository } from './generations/generation.repository.js';

/**
 * Makes the first generation of a database that has none, with the configured model. Where there is one, that is the
 * truth, whatever is configured.
 */
export async function ensureEmbeddingGeneration(
  database: Database,
  tenant: number,
  firstModel: () => EmbeddingModel,
): Promise<void> {
  const repository = new GenerationRepository();
  await database.transaction({ role: 'worker', tenant }, async (tx) => {
    await repository.lock(tx);
    if ((await repository.list(tx)).length === 0) await repository.create(tx, firstModel());
  });
}
