import { type Database, sql } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { EmbeddingModel } from '@belay/inference';

/**
 * Makes the vector table of the configured model when there is none. A database that was indexed by another
 * model is refused: its vectors would mean nothing to this one.
 */
export async function ensureEmbeddingGeneration(
  database: Database,
  tenant: number,
  model: EmbeddingModel,
): Promise<void> {
  await database.transaction({ role: 'worker', tenant }, async (tx) => {
    await tx.run(sql`select pg_advisory_xact_lock(7422, ${tenant}::int)`);
    const active = await tx.maybe<{ modelId: string; digest: string }>(sql`
      select model_id as "modelId", model_digest as digest from embedding_generation
      where tenant_id = ${tenant} and state = 'active'`);
    if (!active) {
      await tx.run(
        sql`select create_embedding_generation(${model.id}, ${model.digest}, ${model.dimension}::int)`,
      );
      return;
    }
    if (active.modelId !== model.id || active.digest !== model.digest) {
      const found = `${active.modelId} (${active.digest.slice(0, 12)})`;
      throw new DomainError(
        'inference.invalid-model',
        `This data was indexed with ${found}, not with ${model.id}. Restore that model.`,
      );
    }
  });
}
