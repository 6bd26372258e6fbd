export { ensureEmbeddingGeneration } from './embedding-generation.js';
export { IngestionLine, stageQueue } from './ingestion-line.js';
export { IngestionService } from './ingestion.service.js';
export { GenerationHost } from './generations/generation-host.js';
export { GenerationFiller } from './generations/generation-filler.js';
export { GenerationGate } from './generations/generation-gate.js';
export { GenerationService } from './generations/generation.service.js';
export { closeParsers } from './parser.js';
export { canBoundParsers } from './sandbox.js';
