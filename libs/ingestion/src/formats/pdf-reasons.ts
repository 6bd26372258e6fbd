import { DomainError, isDomainError } from '@belay/errors';

const OTHERWISE = 'The PDF cannot be read. Open it, print it to a new PDF and upload that.';
const LOCKED = 'The PDF opens only with a password. Save a copy without it and upload that.';
const UNKNOWN_LOCK =
  'The PDF is encrypted in a way that is not read here, for holders of a certificate, say. Save an open copy and upload that.';
const CYCLE =
  'The pages of the PDF contain themselves, so that they have no end. Print it to a new PDF and upload that.';
const CUT_OFF = 'The PDF is cut off: its end is missing. Copy or download it again, whole, and upload that.';
// Readers allow some bytes after the end.
const TAIL = 2048;

/** Why a PDF could not be read, in words that say what to do. */
export function reasonOfPdf(error: Error, bytes: Uint8Array): DomainError {
  if (isDomainError(error)) return error;
  const fail = (code: 'documents.encrypted' | 'documents.malformed', message: string): DomainError =>
    new DomainError(code, message, { cause: error });
  if (error.name === 'PasswordException') return fail('documents.encrypted', LOCKED);
  if (/encryption (?:method|algorithm)|unknown crypto|certificate/i.test(error.message))
    return fail('documents.encrypted', UNKNOWN_LOCK);
  if (/circular reference/i.test(error.message)) return fail('documents.malformed', CYCLE);
  return fail('documents.malformed', isCutOff(bytes) ? CUT_OFF : OTHERWISE);
}

function isCutOff(bytes: Uint8Array): boolean {
  const tail = Buffer.from(bytes.subarray(Math.max(0, bytes.length - TAIL))).toString('latin1');
  return !/%%EOF\s*$/.test(tail.replace(/\0+$/, '')) && !/startxref\s+\d+\s+%%EOF/.test(tail);
}
