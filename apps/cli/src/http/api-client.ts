import { randomUUID } from 'node:crypto';
import { type Answer, followAnswer, Problem } from '@belay/contracts';
import type { ZodType } from 'zod';
import { CliError, EXIT, type ExitCode } from '../failure.js';

/** Who a request is made as: an API key, or a person of the demo company. */
export type Identity = { readonly key: string } | { readonly demoPerson: string };

/** One request. `body` is sent as JSON, `form` as a multipart form. */
export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly form?: FormData;
  readonly headers?: Readonly<Record<string, string>>;
}

const ATTEMPTS_WHEN_LIMITED = 20;

/** A failure that the API answered with, as RFC 9457 problem details. */
export class ApiError extends CliError {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail, exitCodeOf(status));
  }
}

function exitCodeOf(status: number): ExitCode {
  if (status === 401 || status === 403) return EXIT.forbidden;
  if (status === 502 || status === 503) return EXIT.unreachable;
  return status === 400 || status === 422 ? EXIT.usage : EXIT.failure;
}

/** Talks to one Belay as one person. Signs in on the first request. */
export class ApiClient {
  private headers: Record<string, string> | undefined;

  constructor(
    private readonly address: string,
    private readonly identity: Identity,
  ) {}

  /** Sends a request to `/v1/PATH` and reads the JSON answer by its contract. */
  async call<T>(path: string, contract: ZodType<T>, request: ApiRequest = {}): Promise<T> {
    const response = await this.send(path, request);
    const parsed = contract.safeParse(await response.json());
    if (!parsed.success) {
      throw new CliError(`${this.address} answered /v1/${path} in a form that this version does not know.`);
    }
    return parsed.data;
  }

  /** Sends a request whose answer has no content that matters. */
  async run(path: string, request: ApiRequest): Promise<void> {
    const response = await this.send(path, request);
    await response.arrayBuffer();
  }

  /** The bytes of an answer as they come, for what may be large. */
  async stream(path: string): Promise<AsyncIterable<Uint8Array>> {
    const { body } = await this.send(path, {});
    if (!body) throw new CliError(`${this.address} answered /v1/${path} with nothing.`);
    return body as unknown as AsyncIterable<Uint8Array>;
  }

  /** Asks a question and waits for its answer, over as many connections as it takes. */
  async ask(body: object): Promise<Answer> {
    this.headers ??= await this.signIn();
    const accept = 'text/event-stream';
    const headers = { accept, 'idempotency-key': randomUUID() };
    const events = followAnswer({
      ask: async () => streamOf(await this.send('answers', { method: 'POST', body, headers })),
      resume: async (answerId, last) => {
        const path = `answers/${encodeURIComponent(answerId)}/events`;
        return streamOf(await this.send(path, { headers: { accept, 'last-event-id': last } }));
      },
      isLost: (error) =>
        error instanceof CliError && error.exitCode === EXIT.unreachable && !isRefusal(error),
    });
    for await (const event of events) {
      if (event.event === 'error') throw new ApiError(500, event.data.code, event.data.detail);
      if (event.event === 'answer') return event.data;
    }
    throw new CliError(`The connection to ${this.address} ended before the answer came. Ask again.`);
  }

  private async send(path: string, request: ApiRequest): Promise<Response> {
    this.headers ??= await this.signIn();
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.fetch(path, request, this.headers);
      if (response.ok) return response;
      // A long run of uploads may meet the rate limit; the answer says when to come back.
      if (response.status !== 429 || attempt >= ATTEMPTS_WHEN_LIMITED) throw await problemOf(response);
      const seconds = Number(response.headers.get('retry-after') ?? '1');
      await new Promise((resolve) => setTimeout(resolve, (seconds > 0 ? Math.min(seconds, 60) : 1) * 1000));
    }
  }

  private async signIn(): Promise<Record<string, string>> {
    if ('key' in this.identity) return { authorization: `Bearer ${this.identity.key}` };
    const body = { name: this.identity.demoPerson };
    const response = await this.fetch('session/demo', { method: 'POST', body }, {});
    if (!response.ok) throw await problemOf(response);
    await response.arrayBuffer();
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
    return { cookie: cookies.join('; ') };
  }

  private async fetch(
    path: string,
    request: ApiRequest,
    identity: Record<string, string>,
  ): Promise<Response> {
    const json = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers: Record<string, string> = {
      accept: 'application/json',
      'x-belay-request': '1',
      ...request.headers,
      ...identity,
    };
    if (json !== undefined) headers['content-type'] = 'application/json';
    const body = request.form ?? json ?? null;
    try {
      return await fetch(`${this.address}/v1/${path}`, { method: request.method ?? 'GET', headers, body });
    } catch {
      throw new CliError(
        `Belay does not answer at ${this.address}. Start it with "belay up", or set BELAY_ADDRESS to where it runs.`,
        EXIT.unreachable,
      );
    }
  }
}

const isRefusal = (error: CliError): boolean => error instanceof ApiError && error.status === 503;

function streamOf(response: Response): ReadableStream<Uint8Array> {
  if (response.body) return response.body;
  throw new CliError('The server answered without a body.');
}

async function problemOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const { code, detail } = Problem.parse(JSON.parse(text));
    return new ApiError(response.status, code, detail);
  } catch {
    return new ApiError(
      response.status,
      'unknown',
      `The server answered ${response.status} without a reason.`,
    );
  }
}
