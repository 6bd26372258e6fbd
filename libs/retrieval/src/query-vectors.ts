import type { Database, Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { Fusion } from './fuse.js';
import { type Generation, RetrievalRepository } from './retrieval.repository.js';

/** A model that questions can be embedded with; the digest is over its files. */
export interface QueryModel {
  readonly id: string;
  readonly digest: string;
  readonly fusion: Fusion;
  /** Those that it brings together; one or none, and it compares within a language only. */
  readonly languages?: readonly string[];
}

/** What search needs of embedding models. */
export interface QueryEmbedder {
  /** The model of this id and digest. Throws `inference.invalid-model` where it is not installed. */
  model(id: string, digest: string): QueryModel;
  embedQuery(text: string, model: QueryModel): Promise<Float32Array>;
}

/** A question in the space of one embedding generation; `vector` is null for a search that compares none. */
export interface QueryVector {
  readonly generation: Generation;
  readonly model: QueryModel;
  readonly vector: Float32Array | null;
}

interface Question {
  readonly query: string;
  readonly route: 'hybrid' | 'vector' | 'lexical';
  /** Another generation than the active one; only administrators may name it. */
  readonly generation?: number | undefined;
}

// After this long the active generation is read again before a question is embedded. Every search checks it besides.
const KNOWN_FOR_MS = 5000;

/**
 * Embeds questions with the model of the generation that they are going to be compared in. Whether it still is the
 * right one, only the transaction that compares can say: `isSearchable`.
 */
export class QueryVectors {
  private readonly repository = new RetrievalRepository();
  private readonly known = new Map<number, { generation: Generation; at: number }>();

  constructor(
    private readonly database: Database,
    private readonly embedder: QueryEmbedder,
    private readonly role: 'api' | 'agent' = 'api',
  ) {}

  /** The id of the active model, as far as it is known. */
  async modelInUse(tenant: number): Promise<string> {
    return (await this.active(tenant)).modelId;
  }

  /** The vector of a question. Where the active model changes meanwhile, that of the new one. */
  async embed(tenant: number, question: Question): Promise<QueryVector> {
    const generation = await this.generationOf(tenant, question);
    try {
      return await this.embedIn(generation, question);
    } catch (error) {
      // The worker lets go of models that are no longer needed: perhaps this one was until a moment ago.
      this.known.delete(tenant);
      const now = await this.generationOf(tenant, question);
      if (now.generationId === generation.generationId) throw error;
      return this.embedIn(now, question);
    }
  }

  /** The generation that is searched in the transaction that is going to compare: the active one, or the one that is named. */
  searched(tx: Transaction, named?: number): Promise<Generation | undefined> {
    return named === undefined ? this.repository.activeGeneration(tx) : this.repository.generation(tx, named);
  }

  /**
   * Whether a question's vector may be compared with what is `searched`. It may not when another generation has become
   * the active one; the next `embed` is right then.
   */
  isFor(tenant: number, searched: Generation | undefined, asked: QueryVector): boolean {
    if (searched?.generationId === asked.generation.generationId) return true;
    this.known.delete(tenant);
    return false;
  }

  private embedIn = async (generation: Generation, { query, route }: Question): Promise<QueryVector> => {
    const model = this.embedder.model(generation.modelId, generation.modelDigest);
    if (route === 'lexical') return { generation, model, vector: null };
    if (generation.problem !== null) throw new DomainError('inference.invalid-model', generation.problem);
    return { generation, model, vector: await this.embedder.embedQuery(query, model) };
  };

  private generationOf(tenant: number, { generation }: Question): Promise<Generation> {
    return generation === undefined ? this.active(tenant) : this.named(tenant, generation);
  }

  private async active(tenant: number): Promise<Generation> {
    const known = this.known.get(tenant);
    if (known && Date.now() - known.at < KNOWN_FOR_MS) return known.generation;
    const generation = await this.database.transaction({ role: this.role, tenant }, (tx) =>
      this.repository.activeGeneration(tx),
    );
    if (!generation)
      throw new DomainError('service.unavailable', 'The worker has not prepared the index yet.');
    this.known.set(tenant, { generation, at: Date.now() });
    return generation;
  }

  private async named(tenant: number, id: number): Promise<Generation> {
    const generation = await this.database.transaction({ role: this.role, tenant }, (tx) =>
      this.repository.generation(tx, id),
    );
    if (!generation) throw new DomainError('not-found', `There is no embedding generation ${id}.`);
    return generation;
  }
}
