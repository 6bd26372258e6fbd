/** Every expected failure by its stable code. The HTTP edge maps each code to one status. */
export type ErrorCode =
  | 'auth.required'
  | 'auth.invalid-credentials'
  | 'auth.forbidden'
  | 'auth.demo-disabled'
  | 'request.invalid'
  | 'request.too-many'
  | 'not-found'
  | 'conflict'
  | 'documents.unsupported'
  | 'documents.empty'
  | 'documents.too-large'
  | 'documents.encrypted'
  | 'documents.malformed'
  | 'contracts.invalid'
  | 'peers.unavailable'
  | 'peers.refused'
  | 'inference.unavailable'
  | 'inference.invalid-model'
  | 'service.unavailable'
  | 'storage.full'
  | 'storage.lost'
  | 'storage.unavailable'
  | 'database.unsupported'
  | 'audit.broken';

/** An expected failure. `message` is shown to the caller: it holds nothing that the caller may not read. */
export class DomainError extends Error {
  /** After how long it is worth trying again, where that is known. */
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown; retryAfterMs?: number },
  ) {
    super(message, options);
    this.name = 'DomainError';
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** True for a DomainError, optionally of one code. */
export function isDomainError(error: unknown, code?: ErrorCode): error is DomainError {
  return error instanceof DomainError && (code === undefined || error.code === code);
}
