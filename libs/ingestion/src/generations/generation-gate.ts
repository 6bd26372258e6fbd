import { setTimeout as sleep } from 'node:timers/promises';
import { recordLeaf } from '@belay/audit';
import type { GateFigures } from '@belay/contracts';
import type { Database, Transaction } from '@belay/database';
import type { Logger } from '@belay/telemetry';
import { cutOver } from './cut-over.js';
import type { GenerationHost, HostedGeneration } from './generation-host.js';
import { GenerationRepository, type PassageText } from './generation.repository.js';
import { gainOf, knownItemQuery } from './known-items.js';
import { passes } from './passes.js';

const TENANT = 1;
const QUERIES = 200;
// Each query scans the vectors of two generations: fewer of them where there are very many.
const MOST_SCANNED = 20_000_000;
const FEWEST_QUERIES = 25;
const REST = 0.2;

/**
 * Measures a generation that is complete against the active one, and makes it the active one if it passes. Figures
 * are means over the whole index; no query and no passage leaves this process.
 */
export class GenerationGate {
  private readonly repository = new GenerationRepository();

  constructor(
    private readonly database: Database,
    private readonly host: GenerationHost,
    private readonly log: Logger,
  ) {}

  /** One look at what is being built. It can be ended anywhere and is done again. */
  async turn(): Promise<void> {
    const hosted = this.host.generations();
    const built = hosted.find(({ row }) => row.state === 'building');
    const active = hosted.find(({ row }) => row.state === 'active');
    if (!built || !active) return;
    const rows = await this.inTenant((tx) => this.repository.list(tx));
    const row = rows.find(({ id }) => id === built.row.id);
    if (row?.state !== 'building') return;
    const figures = row.figures ?? (await this.measured(built, active));
    if (!figures || row.hold || !passes({ ...row, figures })) return;
    const outcome = await cutOver(this.database, { role: 'worker', tenant: TENANT }, row.id);
    this.log.info('generation.cut-over', { id: row.id, model: row.modelId, ...outcome });
    await this.host.sync();
  }

  private async measured(
    built: HostedGeneration,
    active: HostedGeneration,
  ): Promise<GateFigures | undefined> {
    if (built.row.gate !== 'known-items') return undefined;
    const progress = await this.inTenant((tx) => this.repository.progress(tx));
    const own = progress.find(({ id }) => id === built.row.id);
    if (!own || own.filled < own.total) return undefined;
    const figures = await this.measure(built, active, own.total);
    await this.inTenant(async (tx) => {
      await this.repository.saveFigures(tx, built.row.id, figures);
      const resource = `generation:${built.row.id}`;
      await recordLeaf(tx, TENANT, { type: 'model.gate', actor: null, resource, payload: { ...figures } });
    });
    this.log.info('generation.gate', { id: built.row.id, model: built.row.modelId, ...figures });
    return figures;
  }

  private async measure(
    built: HostedGeneration,
    active: HostedGeneration,
    total: number,
  ): Promise<GateFigures> {
    const wanted = Math.max(FEWEST_QUERIES, Math.min(QUERIES, Math.floor(MOST_SCANNED / (2 * total + 1))));
    const passages = await this.inTenant((tx) => this.repository.sample(tx, wanted));
    const gains = { active: 0, candidate: 0 };
    let queries = 0;
    for (const passage of passages) {
      const query = knownItemQuery(passage.body, passage.language);
      if (query === undefined) continue;
      queries += 1;
      await this.host.afterQuestions();
      gains.active += await this.gain(active, query, passage);
      gains.candidate += await this.gain(built, query, passage);
    }
    const mean = (sum: number): number => (queries === 0 ? 0 : Number((sum / queries).toFixed(4)));
    return {
      measuredOn: 'known-items',
      queries,
      active: mean(gains.active),
      candidate: mean(gains.candidate),
    };
  }

  private async gain({ row, pool }: HostedGeneration, query: string, right: PassageText): Promise<number> {
    const started = performance.now();
    const [vector] = await pool.embed([query], 'query', 'ingest');
    if (!vector) return 0;
    const found = await this.inTenant((tx) => this.repository.nearest(tx, row.id, vector, 10));
    await sleep((performance.now() - started) * REST);
    return gainOf(found, right.chunkId);
  }

  private inTenant<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'worker', tenant: TENANT }, work);
  }
}
