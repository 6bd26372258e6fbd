export { recordLeaf, type LeafDraft } from './record-leaf.js';
export { sequenceLeaves } from './sequence-leaves.js';
export { verifyLedger } from './verify-ledger.js';
export { MerkleTree, leafHash, nodeHash } from './merkle-tree.js';
export { exportLeaves, listLeaves } from './list-leaves.js';
export { proveInclusion } from './prove-inclusion.js';
export { loadAuditKey, readAnchor, writeAnchor } from './audit-key.js';
export { appendTombstones, readTombstones, type Tombstone } from './tombstone-file.js';
export { leafHeader, proveLeaf } from './inclusion.js';
