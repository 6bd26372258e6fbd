import { randomUUID } from 'node:crypto';
import type { Problem } from '@belay/contracts';
import { tooLarge } from '@belay/documents';
import { type ErrorCode, isDomainError } from '@belay/errors';
import type { Logger } from '@belay/telemetry';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Response } from 'express';

const STATUS: Record<ErrorCode, number> = {
  'auth.required': 401,
  'auth.invalid-credentials': 401,
  'auth.forbidden': 403,
  'auth.demo-disabled': 403,
  'request.invalid': 400,
  'request.too-many': 429,
  'not-found': 404,
  conflict: 409,
  'documents.unsupported': 415,
  'documents.empty': 422,
  'documents.too-large': 413,
  'documents.encrypted': 422,
  'documents.malformed': 422,
  'contracts.invalid': 422,
  'peers.unavailable': 502,
  'peers.refused': 422,
  'inference.unavailable': 503,
  'inference.invalid-model': 503,
  'service.unavailable': 503,
  'storage.full': 507,
  'storage.lost': 503,
  'storage.unavailable': 503,
  'database.unsupported': 503,
  'audit.broken': 500,
};

// Failures of PostgreSQL (by SQLSTATE) and of the upload's reader that a request can cause.
const BY_CODE: Readonly<Record<string, [status: number, code: string, detail: string]>> = {
  '23505': [409, 'conflict', 'Something of this name was made at the same moment. Try again.'],
  '23503': [409, 'conflict', 'What this belongs to was deleted at the same moment.'],
  '28000': [401, 'auth.required', 'Sign in first.'],
  '22P02': [400, 'request.invalid', 'An identifier in the request is not valid.'],
  '22003': [400, 'request.invalid', 'A number in the request is out of its range.'],
  '22007': [400, 'request.invalid', 'A time in the request is not valid.'],
  '22008': [400, 'request.invalid', 'A time in the request is not valid.'],
  '22021': [400, 'request.invalid', 'The request holds a character that cannot be stored, such as NUL.'],
  '22P05': [400, 'request.invalid', 'The request holds a character that cannot be stored, such as NUL.'],
  ENOSPC: [
    507,
    'storage.full',
    'The disk for uploads is full. Nothing was changed; free space and try again.',
  ],
};

// What the upload's reader says where whoever sent it has hung up.
const HUNG_UP = 'Request aborted';

/** Turns every failure into an RFC 9457 problem. An unexpected one shows an id for the log and nothing else. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Logger,
    /** The most bytes of a file that is uploaded. */
    private readonly mostBytes: number,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) return void response.end();
    const problem = this.problem(error);
    if (isDomainError(error) && error.retryAfterMs !== undefined)
      response.setHeader('retry-after', Math.max(1, Math.ceil(error.retryAfterMs / 1000)));
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }

  /** The problem of any error, as it may be shown to the caller. */
  problem(error: unknown): Problem {
    if (isDomainError(error)) return make(STATUS[error.code], error.code, error.message);
    if ((error as Error).message === HUNG_UP) return make(400, 'request.invalid', 'The upload broke off.');
    const { code } = error as { code?: string };
    if (code === 'LIMIT_FILE_SIZE') return this.problem(tooLarge(this.mostBytes));
    const known = code === undefined ? undefined : BY_CODE[code];
    if (known) return make(...known);
    if (error instanceof HttpException) return make(error.getStatus(), 'request.invalid', error.message);
    const status = (error as { status?: number }).status;
    if (typeof status === 'number' && status >= 400 && status < 500) {
      return make(status, 'request.invalid', 'The request could not be read. Check its JSON and its size.');
    }
    const id = randomUUID();
    this.log.error('request.failed', { id, reason: (error as Error).message, stack: (error as Error).stack });
    return make(500, 'internal', `Something failed. The log has it under ${id}.`);
  }
}

function make(status: number, code: string, detail: string): Problem {
  return { type: `urn:belay:problem:${code}`, title: code, status, detail, code };
}
