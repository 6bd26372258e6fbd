import { sql, type Transaction, vectorLiteral } from '@belay/database';
import type { GateFigures } from '@belay/contracts';
import type { PassageVectors } from './embed-passages.js';

/** One embedding generation: the vectors of one model over every passage. */
export interface GenerationRow {
  readonly id: number;
  readonly modelId: string;
  readonly modelDigest: string;
  readonly dimension: number;
  readonly state: 'building' | 'active' | 'standby';
  readonly margin: number;
  readonly gate: 'known-items' | 'dataset';
  readonly hold: boolean;
  readonly figures: GateFigures | null;
  readonly problem: string | null;
  readonly startedBy: number | null;
  readonly createdAt: Date;
  readonly activatedAt: Date | null;
}

/** What a passage is embedded from. */
export interface PassageText {
  readonly chunkId: number;
  readonly title: string;
  readonly heading: readonly string[];
  readonly body: string;
  readonly language: string;
}

const table = (generation: number) => sql.identifier(`embedding_${generation}`);

/** Embedding generations and their vectors. */
export class GenerationRepository {
  /** Waits until no other transaction changes which generation is active, or indexes passages, and keeps it so. */
  async lock(tx: Transaction): Promise<void> {
    await tx.run(sql`select pg_advisory_xact_lock(7422, current_tenant())`);
  }

  /** Keeps the active generation the active one until this transaction ends. */
  async lockShared(tx: Transaction): Promise<void> {
    await tx.run(sql`select pg_advisory_xact_lock_shared(7422, current_tenant())`);
  }

  list(tx: Transaction): Promise<GenerationRow[]> {
    return tx.many(sql`
      select generation_id as id, model_id as "modelId", model_digest as "modelDigest", dimension, state, margin,
        gate, hold, figures, problem, started_by as "startedBy", created_at as "createdAt",
        activated_at as "activatedAt"
      from embedding_generation where tenant_id = current_tenant() order by generation_id`);
  }

  /** How many passages there are and how many have a vector, by generation. */
  progress(tx: Transaction): Promise<{ id: number; filled: number; total: number }[]> {
    return tx.many(sql`select generation_id as id, filled, total from embedding_progress()`);
  }

  /** Makes the vector table of a model. The first one is active at once. */
  async create(
    tx: Transaction,
    model: { id: string; digest: string; dimension: number },
  ): Promise<{ id: number }> {
    return tx.one(
      sql`select create_embedding_generation(${model.id}, ${model.digest}, ${model.dimension}::int) as id`,
    );
  }

  configure(
    tx: Transaction,
    id: number,
    { margin, gate, hold, startedBy }: Pick<GenerationRow, 'margin' | 'gate' | 'hold' | 'startedBy'>,
  ): Promise<number> {
    return tx.run(sql`update embedding_generation set margin = ${margin}, gate = ${gate}, hold = ${hold},
      started_by = ${startedBy}::int where tenant_id = current_tenant() and generation_id = ${id}`);
  }

  saveFigures(tx: Transaction, id: number, figures: GateFigures): Promise<number> {
    return tx.run(sql`update embedding_generation set figures = ${JSON.stringify(figures)}::jsonb
      where tenant_id = current_tenant() and generation_id = ${id}`);
  }

  saveProblem(tx: Transaction, id: number, problem: string | null): Promise<number> {
    return tx.run(sql`update embedding_generation set problem = ${problem}::text
      where tenant_id = current_tenant() and generation_id = ${id} and problem is distinct from ${problem}::text`);
  }

  /** For some seconds no document is indexed, so that the last missing vectors can be added. */
  settle(tx: Transaction, id: number, seconds: number): Promise<number> {
    return tx.run(sql`
      update embedding_generation set settling_until = clock_timestamp() + ${seconds}::int * interval '1 second'
      where tenant_id = current_tenant() and generation_id = ${id}`);
  }

  async isSettling(tx: Transaction): Promise<boolean> {
    const row = await tx.maybe(sql`select 1 as found from embedding_generation
      where tenant_id = current_tenant() and settling_until > clock_timestamp()`);
    return row !== undefined;
  }

  /** How many passages still lack a vector: 0 means that the generation is active now. Null: it cannot become so. */
  async activate(tx: Transaction, id: number): Promise<number | null> {
    const row = await tx.one<{ missing: number | null }>(
      sql`select activate_embedding_generation(${id}::int) as missing`,
    );
    return row.missing;
  }

  async drop(tx: Transaction, id: number): Promise<boolean> {
    const row = await tx.one<{ dropped: boolean }>(
      sql`select drop_embedding_generation(${id}::int) as dropped`,
    );
    return row.dropped;
  }

  /** The next passages after `after` by id, and whether each has its vectors in a generation. */
  page(
    tx: Transaction,
    generation: number,
    after: number,
    limit: number,
    withSentences: boolean,
  ): Promise<{ chunkId: number; filled: boolean }[]> {
    return tx.many(sql`
      select c.chunk_id as "chunkId", exists (select from ${table(generation)} e
        where e.tenant_id = current_tenant() and e.chunk_id = c.chunk_id
          and (e.sentences is not null or not ${withSentences}::boolean)) as filled
      from (select chunk_id from chunk where tenant_id = current_tenant() and chunk_id > ${after}
        order by chunk_id limit ${limit}) c order by c.chunk_id`);
  }

  texts(tx: Transaction, chunkIds: readonly number[]): Promise<PassageText[]> {
    return tx.many(sql`
      select c.chunk_id as "chunkId", d.title, c.heading, c.body, c.language from chunk c
      join document d on d.tenant_id = c.tenant_id and d.document_id = c.document_id
      where c.tenant_id = current_tenant() and c.chunk_id = any (${chunkIds}::bigint[]) order by c.chunk_id`);
  }

  /** Adds vectors; a passage that is gone by now, or has one already, is left out. */
  fill(
    tx: Transaction,
    generation: number,
    rows: readonly ({ chunkId: number } & PassageVectors)[],
  ): Promise<number> {
    return tx.run(sql`
      insert into ${table(generation)} as e (tenant_id, chunk_id, document_id, scope_id, vector, sentences)
      select c.tenant_id, c.chunk_id, c.document_id, c.scope_id, t.vector::vector, decode(t.sentences, 'base64')
      from unnest(${rows.map((row) => row.chunkId)}::bigint[],
        ${rows.map((row) => vectorLiteral(row.vector))}::text[],
        ${rows.map((row) => row.sentences)}::text[]) as t (chunk, vector, sentences)
      join chunk c on c.tenant_id = current_tenant() and c.chunk_id = t.chunk
      for key share of c
      on conflict (tenant_id, part, chunk_id) do update set sentences = excluded.sentences
        where e.sentences is null and excluded.sentences is not null`);
  }

  /** Passages for known-item questions, spread over all of them by a fixed hash. */
  sample(tx: Transaction, limit: number): Promise<PassageText[]> {
    return tx.many(sql`
      select c.chunk_id as "chunkId", d.title, c.heading, c.body, c.language from chunk c
      join document d on d.tenant_id = c.tenant_id and d.document_id = c.document_id
        and d.current_version_id = c.version_id
      where c.tenant_id = current_tenant() and length(c.body) >= 80
      order by hashint8(c.chunk_id), c.chunk_id limit ${limit}`);
  }

  /** The passages nearest to a vector, over everything: what comes of it leaves as a mean only. */
  async nearest(tx: Transaction, generation: number, vector: Float32Array, limit: number): Promise<number[]> {
    const rows = await tx.many<{ chunkId: number }>(sql`
      select chunk_id as "chunkId" from ${table(generation)} where tenant_id = current_tenant()
      order by (vector <=> ${vectorLiteral(vector)}) + 0, chunk_id limit ${limit}`);
    return rows.map((row) => row.chunkId);
  }
}
