import { DomainError } from '@belay/errors';

const MAX_PATH = 500;

/** A path inside a collection: NFC, forward slashes, no empty, dot or control parts. Throws `request.invalid`. */
export function normalisePath(path: string): string {
  const parts = path.normalize('NFC').replaceAll('\\', '/').split('/').filter(Boolean);
  const bad = parts.some((part) => part === '.' || part === '..' || /\p{Cc}|\p{Cs}/u.test(part));
  if (parts.length === 0 || bad || path.length > MAX_PATH) {
    const rule = 'A path is made of names between slashes, without "." or "..", at most 500 characters long.';
    throw new DomainError('request.invalid', rule);
  }
  return parts.join('/');
}
