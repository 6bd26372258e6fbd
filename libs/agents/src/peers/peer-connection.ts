import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Transport } from '@modelcontextprotocol/client';
import { DomainError } from '@belay/errors';
import { z } from 'zod';
import { Intake } from './intake.js';
import { Deadline, type Passed, type Times } from './deadline.js';
import { type Departure, leaving } from './leaving.js';
import { type Ending, type Exchange, exchangeOf } from './exchange.js';
import { ProcessTransport } from './process-transport.js';

const HANDSHAKE_MS = 10_000;
const LAST_MS = 500;
const REQUEST_MS = 20_000;
/** A page of definitions, and what a server may say unasked. */
const LARGEST_PAGE = 8 * 2 ** 20;
const LARGEST_NOTICE = 2 ** 20;
// Messages and bytes of them that nobody asked for.
const NOTICES = { atOnce: 2000, aSecond: 200 };
const NOTICE_BYTES = { atOnce: 16 * 2 ** 20, aSecond: 2 ** 20 };
// A request brings at most its reply and an error about it.
const MESSAGES_A_REQUEST = 2;
const DEMANDS = new Set(['sampling/createMessage', 'elicitation/create', 'roots/list']);

export interface RequestBounds extends Times {
  /** Of the reply. */
  readonly bytes: number;
  readonly mayLeave?: (() => boolean) | undefined;
  /** Waited for before more of the reply is asked for, where its stream broke. */
  readonly ready?: (() => Promise<void>) | undefined;
}

export interface Opening {
  readonly era?: 'auto' | 'legacy';
  /** Secrets that the server was given. */
  readonly hidden?: readonly string[];
  /** Aborted, it ends the transport, whatever it is doing. */
  readonly signal?: AbortSignal | undefined;
}

// Shorter ones would be found in what has nothing to do with them.
const LEAST_SECRET = 8;
const AnyResult = z.looseObject({});

/**
 * A connection to one server of MCP, of either era of the protocol. It offers the server nothing: neither roots nor
 * sampling nor elicitation, so a demand for them fails there and is counted here. Results are not judged here but by
 * the contract.
 */
export class PeerConnection {
  /** How often the server asked for something that it is not offered. */
  demands = 0;
  /** How often it said that its list of tools is another one. */
  listChanges = 0;
  private ending: Ending | undefined;
  private readonly messages = new Intake(NOTICES.atOnce, NOTICES.aSecond);
  private readonly bytes = new Intake(NOTICE_BYTES.atOnce, NOTICE_BYTES.aSecond);
  private readonly open = new Set<{ bytes: number; seen: () => void }>();
  private readonly listeners: (() => void)[] = [];
  /** What is being said that asks for no answer, as that a call is cancelled. */
  private readonly notices = new Set<Promise<void>>();

  private constructor(
    private readonly client: Client,
    private readonly transport: Transport,
    private readonly hidden: readonly string[],
  ) {
    transport.onmessage = (message): void => this.observe(message);
    if (transport instanceof ProcessTransport) {
      transport.onbytes = (bytes): void => this.take(bytes);
      transport.onexcess = (excess): void => this.end(excess === 'too-long' ? 'too-large' : excess);
    }
    this.trackNotices();
    client.onclose = (): void => void (this.ending ??= 'closed');
    client.onerror = (): void => undefined;
  }

  /** Connects, or throws `peers.unavailable` in time; nothing of a transport that fails stays behind. */
  static async open(
    transport: Transport,
    { era = 'auto', hidden = [], signal }: Opening = {},
  ): Promise<PeerConnection> {
    const client = new Client(
      { name: 'belay', version: '1' },
      {
        capabilities: {},
        versionNegotiation: { mode: era, probe: { timeoutMs: HANDSHAKE_MS } },
        inputRequired: { autoFulfill: false },
        // The later era tells of changes only where it is asked to; what is done about them is said by `listChanges`.
        listChanged: { tools: { autoRefresh: false, onChanged: () => undefined } },
      },
    );
    const connection = new PeerConnection(client, transport, hidden);
    signal?.addEventListener('abort', () => void connection.close(), { once: true });
    try {
      signal?.throwIfAborted();
      await client.connect(transport, { timeout: HANDSHAKE_MS });
    } catch (cause) {
      await connection.close();
      throw unavailable(cause);
    }
    return connection;
  }

  /** What the server calls itself; a claim, no identity. */
  get server(): string {
    const { name = '', version = '' } = this.client.getServerVersion() ?? {};
    return `${name} ${version}`.slice(0, 200);
  }

  get protocol(): string {
    return this.client.getNegotiatedProtocolVersion() ?? '';
  }

  /** Whether it can still be used. */
  get isOpen(): boolean {
    return this.ending === undefined;
  }

  /** Calls back each time that the server says that its tools are others. */
  onListChanged(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Whether a value holds a secret that the server was given, word for word: it must go nowhere. */
  repeatsSecret(value: unknown): boolean {
    const secrets = this.hidden.filter(({ length }) => length >= LEAST_SECRET);
    if (secrets.length === 0) return false;
    const text = JSON.stringify(value) ?? '';
    return secrets.some((secret) => text.includes(JSON.stringify(secret).slice(1, -1)));
  }

  /** One request and its result. Throws `peers.unavailable` where none came in time or it has another shape. */
  async request<Schema extends z.ZodType>(
    method: string,
    params: Record<string, unknown>,
    result: Schema,
  ): Promise<z.infer<Schema>> {
    const exchange = await this.exchange(method, params, { totalMs: REQUEST_MS, bytes: LARGEST_PAGE });
    if (exchange.kind !== 'answer') throw unavailable(exchange.kind);
    const { data, error } = result.safeParse(exchange.result);
    if (error) throw unavailable(error);
    return data as z.infer<Schema>;
  }

  /** Sends one request and says exactly what is known of it afterwards. Never throws. */
  async exchange(
    method: string,
    params: Record<string, unknown>,
    { bytes, mayLeave = () => true, ready, ...times }: RequestBounds,
  ): Promise<Exchange> {
    if (this.ending !== undefined || times.signal?.aborted || !mayLeave()) return { kind: 'not-sent' };
    const deadline = new Deadline(times);
    const request = { bytes, seen: deadline.seen };
    this.begin(request);
    const departure: Departure = {
      // Its connection may come about, and its stream break, when nobody waits for it any more.
      mayLeave: () => this.open.has(request) && mayLeave(),
      ready,
      // What came before is taken up first, and the server told of it by another request.
      lost: () => leaving.exit(() => void setImmediate(deadline.lost)),
    };
    try {
      const options = {
        timeout: times.totalMs + REQUEST_MS,
        signal: deadline.signal,
        ...(times.idleMs === undefined ? {} : { onprogress: deadline.seen }),
      };
      const result = await leaving.run(departure, () =>
        this.client.request({ method, params }, AnyResult, options),
      );
      return { kind: 'answer', result };
    } catch (cause) {
      return this.afterFailure(cause, deadline.passed, departure);
    } finally {
      deadline.clear();
      this.open.delete(request);
      this.fit();
    }
  }

  async close(): Promise<void> {
    this.ending ??= 'closed';
    await this.sayLast();
    await this.client.close().catch(() => undefined);
    // The client knows the transport only after the handshake.
    await this.transport.close().catch(() => undefined);
  }

  private trackNotices(): void {
    const { transport, notices } = this;
    const send = transport.send.bind(transport);
    transport.send = (message, options = {}): Promise<void> => {
      const isNotice = !('id' in message);
      // The library does not say so of requests of the former era.
      const onRequestStreamEnd = options.onRequestStreamEnd ?? leaving.getStore()?.lost;
      const sent = send(
        message,
        isNotice || !onRequestStreamEnd ? options : { ...options, onRequestStreamEnd },
      );
      if (isNotice) {
        notices.add(sent);
        const forget = (): void => void notices.delete(sent);
        sent.then(forget, forget);
      }
      return sent;
    };
  }

  // A process is ended, whatever it knows; a server elsewhere works on what nobody told it to leave.
  private async sayLast(): Promise<void> {
    if (this.notices.size === 0 || this.transport instanceof ProcessTransport) return;
    await Promise.race([Promise.allSettled(this.notices), sleep(LAST_MS, undefined, { ref: false })]);
  }

  private begin(request: { bytes: number; seen: () => void }): void {
    this.open.add(request);
    this.messages.grant(MESSAGES_A_REQUEST);
    this.bytes.grant(request.bytes);
    this.fit();
  }

  private afterFailure(cause: unknown, passed: Passed | undefined, departure: Departure): Exchange {
    // It waited for a connection until its time was over, or until it was not to leave any more.
    const isStopped = passed !== undefined || !departure.mayLeave();
    if (departure.hasLeft === false && isStopped) return { kind: 'not-sent' };
    return passed === undefined ? this.failed(cause) : { kind: 'lost', why: passed };
  }

  private failed(cause: unknown): Exchange {
    const exchange = exchangeOf(cause, this.ending, this.transport.sessionId);
    // What is gone, or was never reached, is not used again.
    if (exchange.kind === 'not-sent') this.ending ??= 'closed';
    return exchange;
  }

  private observe(message: object): void {
    // Of other transports the bytes of each reply are bounded where they are read.
    if (!(this.transport instanceof ProcessTransport)) this.take(0);
    const { method } = message as { method?: unknown };
    if (typeof method !== 'string') return;
    if (method === 'notifications/progress') for (const request of this.open) request.seen();
    if (DEMANDS.has(method) || method.startsWith('tasks/')) this.demands += 1;
    if (method === 'notifications/tools/list_changed') {
      this.listChanges += 1;
      for (const listener of this.listeners) listener();
    }
  }

  private take(bytes: number): void {
    if (!this.messages.take(1) || !this.bytes.take(bytes)) this.end('flooded');
  }

  private end(why: Ending): void {
    this.ending ??= why;
    if (this.transport instanceof ProcessTransport) this.transport.kill();
    else void this.close();
  }

  // What may come is what was asked for: a line longer than any open request allows ends the process.
  private fit(): void {
    if (!(this.transport instanceof ProcessTransport)) return;
    this.transport.largest = Math.max(LARGEST_NOTICE, ...[...this.open].map(({ bytes }) => bytes));
  }
}

// What a server says about its failure is its text: it goes no further than the cause.
function unavailable(cause: unknown): DomainError {
  return new DomainError('peers.unavailable', 'The server did not answer as MCP asks for, or not in time.', {
    cause,
  });
}
