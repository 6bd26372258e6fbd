import type { EmbeddingModelEntry, Provenance } from './model-entry.js';

/** A model made ready: its graph, its tokenizer and what its entry says. */
export interface PreparedModel {
  readonly graph: Uint8Array;
  readonly vocabulary: string;
  readonly entry: Pick<
    EmbeddingModelEntry,
    'task' | 'version' | 'dimension' | 'pooling' | 'specialTokens' | 'tokenizer' | 'maxTokens'
  >;
  readonly conversion: string;
  readonly check: Provenance['check'];
}
