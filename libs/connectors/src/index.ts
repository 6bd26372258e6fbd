export type { Connector, Entry, EntryPermissions, Page } from './connector.js';
export { SourceService } from './source.service.js';
export { SourceSync } from './source-sync.js';
