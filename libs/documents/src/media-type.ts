import { DOCUMENT_TYPES } from '@belay/contracts';

const TYPES = new Map<string, string>(Object.entries(DOCUMENT_TYPES));

/** Media type by file extension; `application/octet-stream` for everything that Belay does not read. */
export function mediaTypeOf(path: string): string {
  return TYPES.get(path.split('.').at(-1)?.toLowerCase() ?? '') ?? 'application/octet-stream';
}
