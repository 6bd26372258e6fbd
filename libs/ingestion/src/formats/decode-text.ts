import { DomainError } from '@belay/errors';
import { detect } from 'chardet';

const SAMPLE = 64 * 1024;
// Node 20 decodes windows-1252 as Latin-1, which turns its quotes, dashes and euro signs into control characters.
const C1 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';
// Wherever these are guessed, windows-1252 says the same or more.
const WESTERN = /^(?:ascii|iso-8859-1|iso-8859-15|windows-1252|utf-8)$/i;

/** Text of a file: UTF-8 or UTF-16 where a mark or its bytes say so, else in the encoding that its bytes suggest. */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  const unmarked = wideEncoding(bytes);
  if (unmarked) return new TextDecoder(unmarked).decode(bytes);
  if (bytes.subarray(0, 4096).includes(0)) {
    throw new DomainError(
      'documents.malformed',
      'The file is binary, not text. Check its name and upload it again.',
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return decodeGuessed(bytes);
  }
}

// UTF-16 without its mark: every other byte of a text in a European language is zero.
function wideEncoding(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const sample = bytes.subarray(0, 4096);
  if (bytes.length < 8 || bytes.length % 2 === 1) return undefined;
  const zeros = [0, 0];
  sample.forEach((byte, index) => {
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  if (odd > sample.length * 0.3 && even === 0) return 'utf-16le';
  return even > sample.length * 0.3 && odd === 0 ? 'utf-16be' : undefined;
}

function decodeGuessed(bytes: Uint8Array): string {
  const guess = detect(bytes.subarray(0, SAMPLE)) ?? 'windows-1252';
  if (!WESTERN.test(guess)) {
    try {
      return new TextDecoder(guess).decode(bytes);
    } catch {
      // An encoding that only the detector knows.
    }
  }
  const text = new TextDecoder('windows-1252').decode(bytes);
  return text.replace(/[\x80-\x9f]/g, (control) => C1[control.charCodeAt(0) - 0x80] ?? control);
}
