import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import type { Passed } from './deadline.js';
import { NotSentError } from './not-sent-error.js';

/** Why a connection ended before it was closed. */
export type Ending = 'closed' | 'too-large' | 'flooded' | 'memory' | 'folders' | 'unreadable';

/** What came of a request. Only `not-sent` says that the server cannot have begun with it. */
export type Exchange =
  | { readonly kind: 'answer'; readonly result: Readonly<Record<string, unknown>> }
  /** An error of JSON-RPC by its code; its words are the server's and stay there. */
  | { readonly kind: 'error'; readonly code: number }
  | { readonly kind: 'input' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'not-sent' }
  | { readonly kind: 'lost'; readonly why: Passed | Ending };

const INVALID_REQUEST = -32_600;

/** What a failure of the library says about the request. */
export function exchangeOf(
  cause: unknown,
  ending: Ending | undefined,
  session: string | undefined,
): Exchange {
  if (cause instanceof NotSentError) return { kind: 'not-sent' };
  if (cause instanceof ProtocolError) return { kind: 'error', code: cause.code };
  if (cause instanceof SdkHttpError) return afterStatus(cause.status, session);
  if (cause instanceof SdkError) {
    if (cause.code === SdkErrorCode.UnsupportedResultType) return { kind: 'input' };
    if (cause.code === SdkErrorCode.InvalidResult) return { kind: 'malformed' };
  }
  return { kind: 'lost', why: ending ?? 'closed' };
}

// A session that the server no longer knows was not gone into; other client errors are refusals of the request.
function afterStatus(status: number, session: string | undefined): Exchange {
  if (status === 404 && session !== undefined) return { kind: 'not-sent' };
  const isRefusal = status >= 400 && status < 500 && status !== 408;
  return isRefusal ? { kind: 'error', code: INVALID_REQUEST } : { kind: 'lost', why: 'closed' };
}
