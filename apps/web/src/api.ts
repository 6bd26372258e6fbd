import { type AnswerEvent, followAnswer, followRun, Problem, type RunEvent } from '@belay/contracts';
import type { z } from 'zod';

/** A failure as the api words it; `status` is 0 where the server cannot be reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const CUT = new ApiError(0, 'offline', 'The connection ended before the answer came. Ask again.');

const EVENTS = 'text/event-stream';

interface SendOptions {
  readonly accept?: string;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

async function send(
  method: string,
  path: string,
  body?: unknown,
  { accept = 'application/json', signal, headers = {} }: SendOptions = {},
): Promise<Response> {
  const form = body instanceof FormData;
  let response: Response;
  try {
    response = await fetch(`/v1/${path}`, {
      method,
      signal,
      headers: {
        accept,
        'x-belay-request': '1',
        ...headers,
        ...(form || body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: form ? body : body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, 'offline', 'The server cannot be reached. Check that it runs, then try again.');
  }
  if (response.ok) return response;
  const problem = Problem.safeParse(await response.json().catch(() => undefined));
  if (problem.success) throw new ApiError(response.status, problem.data.code, problem.data.detail);
  throw new ApiError(response.status, 'unknown', `The server answered ${response.status}.`);
}

/** Calls the api and parses its answer by a contract. */
export async function call<Schema extends z.ZodType>(
  schema: Schema,
  method: string,
  path: string,
  body?: unknown,
): Promise<z.infer<Schema>> {
  const response = await send(method, path, body);
  const parsed = schema.safeParse(await response.json());
  if (parsed.success) return parsed.data;
  throw new ApiError(
    response.status,
    'unknown',
    'The server is of another version than this page. Load the page again.',
  );
}

/** Calls the api where nothing comes back. */
export async function tell(method: string, path: string, body?: unknown): Promise<void> {
  await send(method, path, body);
}

/** The bytes behind a path. */
export async function bytes(path: string): Promise<ArrayBuffer> {
  return (await send('GET', path)).arrayBuffer();
}

/** Asks a question and hands on each event as it arrives, over as many connections as it takes. */
export async function ask(
  body: { question: string; conversation: string },
  onEvent: (event: AnswerEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const accept = EVENTS;
  const headers = { 'idempotency-key': randomKey() };
  const events = followAnswer(
    {
      ask: async () => streamOf(await send('POST', 'answers', body, { accept, signal, headers })),
      resume: async (answerId, last) => {
        const after = { 'last-event-id': last };
        const path = `answers/${encodeURIComponent(answerId)}/events`;
        return streamOf(await send('GET', path, undefined, { accept, signal, headers: after }));
      },
      isLost: (error) => error instanceof ApiError && (error.status === 0 || error.status === 502),
    },
    signal,
  );
  for await (const event of events) {
    if (signal.aborted) return;
    if (event.event === 'error') throw new ApiError(500, event.data.code, event.data.detail);
    onEvent(event);
  }
}

/** Watches a run: hands on each event as it arrives, over as many connections as it takes. */
export async function watchRun(
  id: string,
  onEvent: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const path = `runs/${encodeURIComponent(id)}/events`;
  const open = async (last: string) => {
    const options = { accept: EVENTS, signal, headers: { 'last-event-id': last } };
    return streamOf(await send('GET', path, undefined, options));
  };
  for await (const event of followRun(open, signal)) {
    if (signal.aborted) return;
    onEvent(event);
  }
}

function streamOf(response: Response): ReadableStream<Uint8Array> {
  if (!response.body) throw CUT;
  return response.body;
}

// `crypto.randomUUID` is missing where the page is served without TLS.
const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
