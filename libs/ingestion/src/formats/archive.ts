import { DomainError } from '@belay/errors';
import { unzipSync } from 'fflate';

const MOST_INFLATED_BYTES = 100 * 1024 * 1024;
const MOST_ENTRIES = 20_000;

/** The XML and HTML of a zip archive, by path. */
export type Archive = ReadonlyMap<string, string>;

/** A part that a file of this kind always has. Throws `documents.malformed` where it is missing. */
export function partOf(archive: Archive, path: string): string {
  const part = archive.get(path);
  if (part !== undefined) return part;
  throw new DomainError(
    'documents.malformed',
    `The file lacks its part ${path}. Open it, save it anew and upload it again.`,
  );
}

/**
 * Unpacks the parts of an office file or e-book that hold text. Media stay packed. Throws `documents.too-large`
 * before it unpacks more than 100 MB, `documents.encrypted`, and `documents.malformed` for what is no zip.
 * @param isWanted tells by its path whether a part is needed
 */
export function openArchive(bytes: Uint8Array, isWanted: (path: string) => boolean): Archive {
  let total = 0;
  let entries = 0;
  const unpack = (): Record<string, Uint8Array> =>
    unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        entries += 1;
        if (!isWanted(name)) return false;
        total += originalSize;
        if (total > MOST_INFLATED_BYTES || entries > MOST_ENTRIES) {
          throw new DomainError(
            'documents.too-large',
            'The document unpacks to more than 100 MB. Split it or remove its media.',
          );
        }
        return true;
      },
    });
  const decoder = new TextDecoder();
  return new Map(Object.entries(unpack()).map(([name, data]) => [name, decoder.decode(data)]));
}
