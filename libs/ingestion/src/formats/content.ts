// A reader of PDF looks for the mark in this many bytes.
const PDF_MARK_WITHIN = 1024;
const PICTURES = [/^\x89PNG\r\n/, /^\xff\xd8\xff/, /^II\*\0/, /^MM\0\*/, /^RIFF....WEBP/s];

/** What a file is inside, by its first bytes. */
export function contentOf(bytes: Uint8Array, extension: string): 'pdf' | 'zip' | 'ole' | 'picture' | 'text' {
  const start = Buffer.from(bytes.subarray(0, PDF_MARK_WITHIN)).toString('latin1');
  if (start.startsWith('PK\x03\x04')) return 'zip';
  if (start.startsWith('\xD0\xCF\x11\xE0')) return 'ole';
  if (PICTURES.some((mark) => mark.test(start))) return 'picture';
  // Elsewhere than at the start, the mark in a text file is only talk of PDF.
  return start.startsWith('%PDF-') || (extension === 'pdf' && start.includes('%PDF-')) ? 'pdf' : 'text';
}
