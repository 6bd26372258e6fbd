import { lookup as resolve, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { DomainError, isDomainError } from '@belay/errors';
import ipaddr from 'ipaddr.js';
import { Agent, type Dispatcher, fetch as request, type RequestInit } from 'undici';
import { leaving } from './leaving.js';
import { NotSentError } from './not-sent-error.js';

const LARGEST_REPLY = 16 * 2 ** 20;
const CONNECT_MS = 5000;

/**
 * `fetch` for servers that a contract names. Unless `privateNetwork` is set it connects to public addresses only: what
 * is judged is the address that is connected to, so a name cannot mean another one a moment later. Redirects are
 * refused, for nobody approved where they lead. Replies are bounded.
 */
export function guardedFetch({ privateNetwork }: { readonly privateNetwork: boolean }): typeof fetch {
  const dispatcher = new Agent({
    connect: { timeout: CONNECT_MS, ...(privateNetwork ? {} : { lookup: publicAddresses }) },
  }).compose(askAgainOnceConnected);
  const guarded = async (input: string | URL, init: RequestInit = {}): Promise<unknown> => {
    const { hostname } = new URL(input);
    const bare = hostname.replace(/^\[|\]$/g, '');
    // Literal addresses are connected to without a lookup.
    if (!privateNetwork && isIP(bare) !== 0 && !isPublic(bare)) throw refusal(bare);
    // What broke off is asked for again later, by a process that may have been stopped meanwhile.
    if (init.method === 'GET') await leaving.getStore()?.ready?.();
    const response = await request(input, { ...init, dispatcher, redirect: 'manual' }).catch(sayIfNotSent);
    if (response.status >= 300 && response.status < 400) {
      throw new DomainError(
        'peers.refused',
        'The server sends the request elsewhere. Name its address in the contract.',
      );
    }
    return bounded(response as unknown as Response);
  };
  return guarded as unknown as typeof fetch;
}

/** Asks once more, when there is a connection and nothing was written to it, whether the request may leave. */
function askAgainOnceConnected(dispatch: Dispatcher.Dispatch): Dispatcher.Dispatch {
  return (options, handler) => {
    const departure = leaving.getStore();
    if (!departure) return dispatch(options, handler);
    // What asks for more of an answer does not make the call again.
    const isCall = options.method === 'POST';
    if (isCall) departure.hasLeft ??= false;
    return dispatch(options, {
      onRequestStart: (controller, context): void => {
        if (!departure.mayLeave()) return controller.abort(new NotSentError('It was not to leave any more.'));
        if (isCall) departure.hasLeft = true;
        handler.onRequestStart?.(controller, context);
      },
      onRequestUpgrade: (...of) => handler.onRequestUpgrade?.(...of),
      onResponseStart: (...of) => handler.onResponseStart?.(...of),
      onResponseData: (...of) => handler.onResponseData?.(...of),
      onResponseEnd: (...of) => handler.onResponseEnd?.(...of),
      onResponseError: (...of) => handler.onResponseError?.(...of),
    });
  };
}

/** What undici gives as the cause of a failure; of several addresses each has its own. */
interface Cause {
  readonly code?: string;
  readonly syscall?: string;
  readonly errors?: readonly Cause[];
}

// The same errors come of a connection that broke: what matters is that there never was one.
const CONNECTING = new Set(['connect', 'getaddrinfo']);
const neverConnected = ({ code, syscall = '', errors = [] }: Cause): boolean =>
  code === 'UND_ERR_CONNECT_TIMEOUT' ||
  CONNECTING.has(syscall) ||
  (errors.length > 0 && errors.every(neverConnected));

function sayIfNotSent(error: Error & { cause?: Cause }): never {
  const { cause } = error;
  if (isDomainError(cause) || cause instanceof NotSentError) throw cause;
  if (cause && neverConnected(cause)) throw new NotSentError('No connection came about.', { cause: error });
  throw error;
}

// Special as well (RFC 6890), though the library has no name for them; of IPv6 only the first is given out.
const GLOBAL = ipaddr.parseCIDR('2000::/3');
const NOT_GLOBAL = ['198.18.0.0/15', '3fff::/20'].map((range) => ipaddr.parseCIDR(range));

/** Whether an address is one of the public Internet; IPv4 within IPv6 is judged as what it carries. */
export function isPublic(address: string): boolean {
  // The system writes some addresses in forms that the library does not read; none of them is public.
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  const lies = ([range, bits]: (typeof NOT_GLOBAL)[number]): boolean =>
    range.kind() === parsed.kind() && parsed.match(range, bits);
  if (parsed.range() !== 'unicast' || NOT_GLOBAL.some(lies)) return false;
  return parsed.kind() === 'ipv4' || lies(GLOBAL);
}

/** Resolves a name as `lookup` does, and fails where one of its addresses is not public. */
export const publicAddresses: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    if (error) return callback(error, '', 0);
    const bad = found.find(({ address }) => !isPublic(address));
    if (bad) return callback(refusal(hostname), '', 0);
    if (options.all) return callback(null, found);
    const [first] = found;
    return callback(null, first?.address ?? '', first?.family ?? 0);
  });
};

const refusal = (host: string): DomainError =>
  new DomainError(
    'peers.refused',
    `${host} stands for an address of this machine or of a private network. An approved contract may allow that with privateNetwork; before, whoever runs Belay with BELAY_PRIVATE_SERVERS.`,
  );

function bounded(response: Response): Response {
  if (!response.body) return response;
  let left = LARGEST_REPLY;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      left -= chunk.byteLength;
      if (left < 0)
        controller.error(new DomainError('peers.refused', 'The reply of the server is too large.'));
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(limit), {
    status,
    statusText,
    headers: [...headers.entries()],
  });
}
