export {
  type EmbeddingModel,
  knownModels,
  listModels,
  loadModel,
  loadReader,
  type ModelPlaces,
  type ReaderModel,
  modelsFolder,
  removeModel,
  verifyModel,
} from './store/model-store.js';
export { InstalledModels } from './store/installed-models.js';
export { bestInstalled, isBetter, ladder } from './store/ladder.js';
export type { KnownModel } from './store/model-entry.js';
export { importModel, type ImportOptions } from './store/import-model.js';
export { isHubReference } from './hub/hub-reference.js';
export { pullFromHub } from './hub/pull-from-hub.js';
export { readTokenizer, type Tokenizer } from './tokenizers/tokenizer.js';
export { StaticTable } from './static-table.js';
export type { Reading } from './reader/pack-reading.js';
export { SentenceReader } from './reader/sentence-reader.js';
export { EmbeddingPool, type Lane } from './embedding-pool.js';
export { EmbeddingClient, embedQueue, hostEmbeddings, type EmbedRequest } from './embedding-client.js';
export { MemoryWatermark } from './memory-watermark.js';
export { measureModel } from './measure/measure-model.js';
export type { ModelFigures } from './measure/model-figures.js';
