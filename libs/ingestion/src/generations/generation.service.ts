import { recordLeaf } from '@belay/audit';
import type { GateFigures, Generation, NewGeneration } from '@belay/contracts';
import type { Database, Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { EmbeddingModel } from '@belay/inference';
import { cutOver } from './cut-over.js';
import { GenerationRepository, type GenerationRow } from './generation.repository.js';
import { passes } from './passes.js';

/** The administrator who acts. */
interface Administrator {
  readonly tenant: number;
  readonly person: number;
}

const BUSY = '55P03';

/** Embedding generations for administrators. None of this changes what anybody may read. */
export class GenerationService {
  private readonly repository = new GenerationRepository();

  constructor(private readonly database: Database) {}

  list(actor: Administrator): Promise<Generation[]> {
    return this.inTenant(actor, async (tx) => {
      const progress = new Map((await this.repository.progress(tx)).map((row) => [row.id, row]));
      const rows = await this.repository.list(tx);
      return rows.map((row) => viewOf(row, progress.get(row.id)));
    });
  }

  /** Starts to build a generation with a model, beside the one that is searched. */
  async start(actor: Administrator, model: EmbeddingModel, request: NewGeneration): Promise<number> {
    return this.inTenant(actor, async (tx) => {
      await this.repository.lock(tx);
      this.refuseSecond(await this.repository.list(tx), model);
      const { id } = await this.repository.create(tx, model);
      await this.repository.configure(tx, id, { ...request, startedBy: actor.person });
      const { margin, gate, hold } = request;
      await this.record(tx, actor, 'model.build', id, { model: model.id, margin, gate, hold }, model.digest);
      return id;
    });
  }

  /** Keeps what an evaluation set says of a generation that is being built. */
  async saveFigures(actor: Administrator, id: number, figures: GateFigures): Promise<void> {
    await this.inTenant(actor, async (tx) => {
      await this.repository.lock(tx);
      const row = (await this.repository.list(tx)).find((one) => one.id === id);
      if (row?.state !== 'building')
        throw new DomainError('not-found', `No generation ${id} is being built.`);
      await this.repository.saveFigures(tx, id, figures);
      await this.record(tx, actor, 'model.gate', id, { ...figures });
    });
  }

  /** Makes a generation the active one. Throws `conflict` with the reason where it may not be. */
  async switchTo(actor: Administrator, id: number, force: boolean): Promise<void> {
    await cutOver(this.database, { role: 'api', ...identityOf(actor) }, id, force);
  }

  /** Goes back to the generation that was active before. */
  async returnToFormer(actor: Administrator): Promise<number> {
    const rows = await this.inTenant(actor, (tx) => this.repository.list(tx));
    const since = (row: GenerationRow): number => row.activatedAt?.getTime() ?? 0;
    const [former] = rows.filter(({ state }) => state === 'standby').sort((a, b) => since(b) - since(a));
    if (!former) throw new DomainError('conflict', 'No former generation stands by.');
    await cutOver(this.database, { role: 'api', ...identityOf(actor) }, former.id);
    return former.id;
  }

  /** Deletes the vectors of a generation that is not the active one. */
  async drop(actor: Administrator, id: number): Promise<void> {
    try {
      await this.inTenant(actor, (tx) => this.dropIn(tx, actor, id));
    } catch (error) {
      if ((error as { code?: string }).code !== BUSY) throw error;
      throw new DomainError('conflict', 'The index is in use. Nothing was dropped; try again in a moment.');
    }
  }

  private async dropIn(tx: Transaction, actor: Administrator, id: number): Promise<void> {
    const row = (await this.repository.list(tx)).find((one) => one.id === id);
    if (!row) throw new DomainError('not-found', `There is no embedding generation ${id}.`);
    if (!(await this.repository.drop(tx, id)))
      throw new DomainError('conflict', `Generation ${id} is the active one. Switch to another first.`);
    await this.record(tx, actor, 'model.drop', id, { model: row.modelId }, row.modelDigest);
  }

  private refuseSecond(rows: readonly GenerationRow[], model: EmbeddingModel): void {
    const same = rows.find((row) => row.modelId === model.id && row.modelDigest === model.digest);
    const live = same && `Generation ${same.id} of ${model.id} is there already (${same.state}).`;
    if (same?.state === 'standby')
      throw new DomainError('conflict', `${live} Return to it, or drop it first.`);
    if (live) throw new DomainError('conflict', live);
    const built = rows.find(({ state }) => state === 'building');
    if (built)
      throw new DomainError(
        'conflict',
        `Generation ${built.id} (${built.modelId}) is being built. Wait for it, or drop it first.`,
      );
  }

  private async record(
    tx: Transaction,
    actor: Administrator,
    type: 'model.build' | 'model.gate' | 'model.drop',
    id: number,
    payload: Record<string, unknown>,
    digest?: string,
  ): Promise<void> {
    await recordLeaf(tx, actor.tenant, {
      type,
      actor: actor.person,
      resource: `generation:${id}`,
      ...(digest !== undefined && { digests: { model: digest } }),
      payload,
    });
  }

  private inTenant<T>(actor: Administrator, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'api', ...identityOf(actor) }, work);
  }
}

const identityOf = ({ tenant, person }: Administrator): Administrator => ({ tenant, person });

function viewOf(row: GenerationRow, progress = { filled: 0, total: 0 }): Generation {
  const { id, modelId, modelDigest, dimension, state, margin, gate, hold, figures, problem } = row;
  const { filled, total } = progress;
  return {
    ...{ id, model: modelId, digest: modelDigest, dimension, state, filled, total, margin, gate, hold },
    ...{ figures, problem, passed: passes(row) },
    createdAt: row.createdAt.toISOString(),
    activatedAt: row.activatedAt?.toISOString() ?? null,
  };
}
