export { RegistryService } from './registry/registry.service.js';
export { hostPeers, PeerClient } from './peers/peer-desk.js';
export { installArtifact, type Artifact } from './peers/install-artifact.js';
