import type { JobQueues } from '@belay/queue';
import type { EmbeddingPool } from './embedding-pool.js';
import type { EmbeddingModel } from './store/model-store.js';

/** A text to embed while somebody waits. */
export interface EmbedRequest {
  readonly texts: readonly string[];
}

/** The name of a model's queue for one lane. */
export function embedQueue(lane: 'interactive' | 'ingest', modelId: string): string {
  return `embed.${lane}.${modelId}`;
}

/** Reaches a model through the queue, from processes that run no inference themselves. */
export class EmbeddingClient {
  constructor(
    private readonly queues: JobQueues,
    readonly model: EmbeddingModel,
  ) {}

  /** The vector of one question. Throws `inference.unavailable` after `deadline` milliseconds. */
  async embedQuery(text: string, deadline = 5000): Promise<Float32Array> {
    const queue = embedQueue('interactive', this.model.id);
    const [vector] = await this.queues.request<string[]>(queue, { texts: [text] }, deadline);
    const bytes = Buffer.from(vector ?? '', 'base64');
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  }
}

/** Serves EmbeddingClient requests of one model in this process. Vectors travel as base64 of little-endian float32. */
export function hostEmbeddings(queues: JobQueues, pool: EmbeddingPool): void {
  queues.handle<EmbedRequest, string[]>(
    embedQueue('interactive', pool.model.id),
    async ({ texts }) => {
      const vectors = await pool.embed(texts, 'query', 'interactive');
      return vectors.map((vector) =>
        Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64'),
      );
    },
    8,
  );
}
