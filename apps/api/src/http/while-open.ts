import { DomainError } from '@belay/errors';

/** A response, as far as it is known here: whether it is closed, or when. */
export interface Closing {
  readonly destroyed: boolean;
  readonly closed: boolean;
  once(event: 'close', listener: () => void): unknown;
}

/** Whoever asked has gone: said to nobody, but it ends what was under way. */
export const goneEarly = (): DomainError =>
  new DomainError('request.invalid', 'The connection was closed before the request was answered.');

/** Aborted when whoever waits for `response` has gone. */
export function whileOpen(response: Closing): AbortSignal {
  const gone = new AbortController();
  if (response.destroyed || response.closed) gone.abort(goneEarly());
  response.once('close', () => gone.abort(goneEarly()));
  return gone.signal;
}
