import type { JobQueues } from '@belay/queue';
import type { EmbeddingPool } from './embedding-pool.js';
import type { EmbeddingModel } from './store/model-store.js';

/** A text to embed while somebody waits, until `expires` (milliseconds since the epoch). */
export interface EmbedRequest {
  readonly texts: readonly string[];
  readonly expires?: number;
}

type ModelKey = Pick<EmbeddingModel, 'id' | 'digest'>;

/** The queue of questions to one model. The digest is in it: another file under the same name is another model. */
export function embedQueue({ id, digest }: ModelKey): string {
  return `embed.interactive.${id}.${digest.slice(0, 12)}`;
}

/** Reaches models through the queue, from processes that run no inference themselves. */
export class EmbeddingClient {
  constructor(
    private readonly queues: JobQueues,
    private readonly load: (id: string, digest: string) => EmbeddingModel,
  ) {}

  /** The installed model of this id and digest. Throws `inference.invalid-model` where there is none. */
  model(id: string, digest: string): EmbeddingModel {
    return this.load(id, digest);
  }

  /** The vector of one question. Throws `inference.unavailable` after `deadline` milliseconds. */
  async embedQuery(text: string, model: ModelKey, deadline = 5000): Promise<Float32Array> {
    const [vector] = await this.queues.request<string[]>(embedQueue(model), { texts: [text] }, deadline);
    const bytes = Buffer.from(vector ?? '', 'base64');
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  }
}

/**
 * Serves EmbeddingClient requests of one model in this process, until the function that it returns is called.
 * Vectors travel as base64 of little-endian float32.
 */
export function hostEmbeddings(queues: JobQueues, pool: EmbeddingPool): () => Promise<void> {
  return queues.handle<EmbedRequest, string[]>(
    embedQueue(pool.model),
    async ({ texts, expires }) => {
      const vectors = await pool.embed(texts, 'query', 'interactive', expires);
      return vectors.map((vector) =>
        Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64'),
      );
    },
    8,
  );
}
