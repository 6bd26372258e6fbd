import { inflateRawSync } from 'node:zlib';
import { DomainError } from '@belay/errors';
import mammoth from 'mammoth';
import { parseHtml } from './parse-html.js';
import type { ParsedText } from './text-builder.js';

const MOST_INFLATED_BYTES = 100 * 1024 * 1024;
const CENTRAL_ENTRY = Buffer.from('PK\x01\x02', 'latin1');
const LOCAL_ENTRY = Buffer.from('PK\x03\x04', 'latin1');

// The title of a document is a heading; mammoth takes it for a paragraph.
const STYLES = ["p[style-name='Title'] => h1:fresh", 'p.Title => h1:fresh'];

/** Word documents: mammoth's semantic HTML, read as any page. Images are ignored. */
export async function parseDocx(bytes: Uint8Array): Promise<ParsedText> {
  const buffer = Buffer.from(bytes);
  if (statedSize(buffer) > MOST_INFLATED_BYTES || inflatesBeyond(buffer, MOST_INFLATED_BYTES)) {
    throw new DomainError(
      'documents.too-large',
      'The document unpacks to more than 100 MB. Split it or remove its media.',
    );
  }
  try {
    const ignoreImages = mammoth.images.imgElement(() => Promise.resolve({ src: '' }));
    const { value } = await mammoth.convertToHtml(
      { buffer },
      { convertImage: ignoreImages, styleMap: STYLES },
    );
    // Word's tables begin with a header row unless they are told otherwise, and hardly ever mark it as one.
    return parseHtml(value, { firstRowNames: true });
  } catch (cause) {
    throw new DomainError(
      'documents.malformed',
      'The .docx cannot be read. Open it, save it anew and upload it again.',
      { cause },
    );
  }
}

// Sizes stated by the zip's central directory, summed before anything is unpacked.
function statedSize(zip: Buffer): number {
  let total = 0;
  for (let at = zip.indexOf(CENTRAL_ENTRY); at >= 0; at = zip.indexOf(CENTRAL_ENTRY, at + 4)) {
    if (at + 46 <= zip.length) total += zip.readUInt32LE(at + 24);
  }
  return total;
}

// The stated sizes may lie: every local entry is inflated once, and dropped, before a reader holds them all.
function inflatesBeyond(zip: Buffer, most: number): boolean {
  let left = most;
  for (let at = zip.indexOf(LOCAL_ENTRY); at >= 0; at = zip.indexOf(LOCAL_ENTRY, at + 4)) {
    if (at + 30 > zip.length) break;
    const data = at + 30 + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28);
    try {
      left -= inflateRawSync(zip.subarray(data), { maxOutputLength: Math.max(1, left) }).length;
    } catch (error) {
      // Anything else is a stored or a broken entry, which the reader judges.
      if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') return true;
    }
  }
  return false;
}
