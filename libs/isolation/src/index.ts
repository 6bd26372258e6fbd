export type { ControlGroup } from './control-group.js';
export { canBoundTogether, newGroup } from './new-group.js';
export { type MemoryBound, MemoryWatch } from './memory-watch.js';
