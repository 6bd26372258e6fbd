import { type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { isIP } from 'node:net';
import { DomainError } from '@belay/errors';
import { isPrivate, lookupWithin, mayReach, type Reach } from './addresses.js';

const REDIRECTS = 5;
const SILENCE_MS = 60_000;
const REDIRECTED = [301, 302, 303, 307, 308];

/** A connection that failed or fell silent: what was asked for may work when it is asked for again. */
export class Interrupted extends Error {}

export interface HubOptions {
  /** The hub's base address. */
  readonly hub: string;
  /** Sent to the hub itself and to nobody that it redirects to. */
  readonly token?: string | undefined;
  /** After how long without a byte a connection is given up. */
  readonly silenceMs?: number | undefined;
}

/**
 * Fetches from one hub. Redirects are few, never from https to http, and lead to other hosts only where those are
 * public; a hub in one's own network may also lead to others in it.
 */
export class HubClient {
  private readonly base: URL;
  private hubIsPrivate = false;

  constructor(private readonly options: HubOptions) {
    this.base = new URL(options.hub.endsWith('/') ? options.hub : `${options.hub}/`);
    if (!/^https?:$/.test(this.base.protocol) || this.base.username || this.base.password)
      throw new DomainError(
        'request.invalid',
        'BELAY_MODEL_HUB is an http or https address without a name and password; those go into BELAY_MODEL_HUB_TOKEN.',
      );
  }

  /** The answer to GET, its body not yet read. `path` is below the hub's address. */
  async get(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
    let url = new URL(path, this.base);
    for (let hops = 0; hops <= REDIRECTS; hops += 1) {
      const reply = await this.getOnce(url, headers);
      if (url.host === this.base.host) this.hubIsPrivate = isPrivate(reply.socket.remoteAddress ?? '');
      if (!REDIRECTED.includes(reply.statusCode ?? 0)) return reply;
      reply.destroy();
      url = this.next(url, reply.headers.location);
    }
    throw refusal(`it redirects more than ${REDIRECTS} times`);
  }

  private next(from: URL, location: string | undefined): URL {
    const next = URL.canParse(location ?? '', from.href) ? new URL(location ?? '', from) : undefined;
    if (!next || !/^https?:$/.test(next.protocol))
      throw refusal('it redirects to something that is no address');
    if (from.protocol === 'https:' && next.protocol === 'http:')
      throw refusal(`it redirects to ${next.host} without encryption`);
    return next;
  }

  private reachOf(url: URL): Reach {
    if (url.hostname === this.base.hostname) return 'named';
    return this.hubIsPrivate ? 'own-network' : 'public';
  }

  private getOnce(url: URL, headers: Record<string, string>): Promise<IncomingMessage> {
    const reach = this.reachOf(url);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) && !mayReach(host, reach)) throw refusal(`it redirects to ${host}, which is not public`);
    const { token, silenceMs = SILENCE_MS } = this.options;
    const authorised = token && url.origin === this.base.origin ? { authorization: `Bearer ${token}` } : {};
    const options = {
      headers: { 'accept-encoding': 'identity', 'user-agent': 'belay', ...headers, ...authorised },
      lookup: lookupWithin(reach),
      timeout: silenceMs,
    };
    return new Promise((resolve, reject) => {
      const sent = (url.protocol === 'https:' ? overHttps : overHttp)(url, options, resolve);
      sent.on('timeout', () => sent.destroy(new Error('nothing came any more')));
      sent.on('error', (error) => reject(new Interrupted(`${url.host} cannot be read: ${error.message}`)));
      sent.end();
    });
  }
}

/** A hub's answer that is not accepted, and why. */
export function refusal(reason: string): DomainError {
  return new DomainError('inference.invalid-model', `The hub is not followed: ${reason}.`);
}
