import { DomainError } from '@belay/errors';

interface Closes {
  readonly destroyed: boolean;
  once(event: 'close', listener: () => void): unknown;
}

/** A response, as far as it is known here: whether it is closed, or when, and the connection that it goes to. */
export interface Closing extends Closes {
  readonly closed: boolean;
  readonly req: { readonly socket: Closes };
}

/** Of each connection what is told when it closes: one listener however many requests it brings. */
const told = new WeakMap<object, Set<() => void>>();

/** Whoever asked has gone: said to nobody, but it ends what was under way. */
const goneEarly = (): DomainError =>
  new DomainError('request.invalid', 'The connection was closed before the request was answered.');

/**
 * Calls `left` once, when `response` or its connection is closed: one that waits behind another one of its connection
 * is not closed with that. Throws `request.invalid` where it is closed already, and nobody waits for it.
 */
export function whenClosed(response: Closing, left: () => void): void {
  const { socket } = response.req;
  if (response.destroyed || response.closed || socket.destroyed) throw goneEarly();
  const waiting = told.get(socket) ?? new Set();
  if (!told.has(socket)) {
    told.set(socket, waiting);
    socket.once('close', () => waiting.forEach((leave) => leave()));
  }
  const leave = (): void => void (waiting.delete(leave) && left());
  waiting.add(leave);
  response.once('close', leave);
}

/** Aborted when whoever waits for `response` has gone. Throws as `whenClosed`. */
export function whileOpen(response: Closing): AbortSignal {
  const gone = new AbortController();
  whenClosed(response, () => gone.abort(goneEarly()));
  return gone.signal;
}
