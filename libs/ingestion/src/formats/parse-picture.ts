import { after, type Part, type Resume } from '../part.js';
import { readPicture } from './ocr.js';
import { partOfPages } from './parse-pdf.js';

/** A picture of text by OCR, a page at a time where it holds several. */
export async function* streamPicture(bytes: Uint8Array, from: Resume): AsyncGenerator<Part, void> {
  const pages = await readPicture(bytes);
  let at = from;
  for (const page of pages.slice(from.pages)) {
    const part = { ...partOfPages([page], at, null), title: null };
    yield part;
    at = after(part);
  }
}
