export { listManifest, loadManifest, modelsFolder, verifyModel, type EmbeddingModel } from './manifest.js';
export { WordPieceTokenizer } from './word-piece-tokenizer.js';
export { StaticTable } from './static-table.js';
export { EmbeddingPool, type Lane } from './embedding-pool.js';
export { EmbeddingClient, embedQueue, hostEmbeddings, type EmbedRequest } from './embedding-client.js';
