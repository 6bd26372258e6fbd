import { DomainError } from '@belay/errors';
import mammoth from 'mammoth';
import { parseHtml } from './parse-html.js';
import type { ParsedText } from './text-builder.js';

const MOST_INFLATED_BYTES = 100 * 1024 * 1024;
const CENTRAL_ENTRY = 0x02014b50;

/** Word documents: mammoth's semantic HTML, read as any page. Images are ignored. */
export async function parseDocx(bytes: Uint8Array): Promise<ParsedText> {
  const buffer = Buffer.from(bytes);
  if (inflatedSize(buffer) > MOST_INFLATED_BYTES) {
    throw new DomainError(
      'documents.too-large',
      'The document unpacks to more than 100 MB. Split it or remove its media.',
    );
  }
  try {
    const ignoreImages = mammoth.images.imgElement(() => Promise.resolve({ src: '' }));
    const { value } = await mammoth.convertToHtml({ buffer }, { convertImage: ignoreImages });
    return parseHtml(value);
  } catch (cause) {
    throw new DomainError(
      'documents.malformed',
      'The .docx cannot be read. Open it, save it anew and upload it again.',
      { cause },
    );
  }
}

// Sizes stated by the zip's central directory, summed before anything is unpacked.
function inflatedSize(zip: Buffer): number {
  let total = 0;
  for (
    let at = zip.indexOf('PK\x01\x02', 0, 'latin1');
    at >= 0;
    at = zip.indexOf('PK\x01\x02', at + 46, 'latin1')
  ) {
    if (at + 46 <= zip.length && zip.readUInt32LE(at) === CENTRAL_ENTRY) total += zip.readUInt32LE(at + 24);
  }
  return total;
}
