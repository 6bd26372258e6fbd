/** A message that certainly did not leave. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
}
