export { RegistryService } from './registry/registry.service.js';
export { hostPeers, PeerClient } from './peers/peer-desk.js';
export { installArtifact, type Artifact } from './peers/install-artifact.js';
export { PeerPool, type PoolBounds } from './peers/peer-pool.js';
export type { CallOutcome } from './peers/call-outcome.js';
export { KEY_META, type ToolCall } from './peers/call-tool.js';
