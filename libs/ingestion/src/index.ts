export { ensureEmbeddingGeneration } from './embedding-generation.js';
export { IngestionService, stageQueue, wakeVersion } from './ingestion.service.js';
