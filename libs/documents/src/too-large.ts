import { DomainError } from '@belay/errors';

const BYTES_OF_MB = 1024 * 1024;

/** What is said of a file that is larger than a server accepts, which is `most` bytes. */
export function tooLarge(most: number): DomainError {
  const limit = `${Number((most / BYTES_OF_MB).toFixed(1))} MB`;
  const message = `The file is larger than this server accepts: ${limit} at most. Divide it, or ask who runs Belay to allow more.`;
  return new DomainError('documents.too-large', message);
}
