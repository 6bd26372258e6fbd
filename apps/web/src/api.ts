import { AnswerEvent, Problem } from '@belay/contracts';
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

async function send(
  method: string,
  path: string,
  body?: unknown,
  accept = 'application/json',
): Promise<Response> {
  const form = body instanceof FormData;
  let response: Response;
  try {
    response = await fetch(`/v1/${path}`, {
      method,
      headers: {
        accept,
        'x-belay-request': '1',
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
  return schema.parse(await (await send(method, path, body)).json());
}

/** Calls the api where nothing comes back. */
export async function tell(method: string, path: string, body?: unknown): Promise<void> {
  await send(method, path, body);
}

export async function bytes(path: string): Promise<ArrayBuffer> {
  return (await send('GET', path)).arrayBuffer();
}

/** Asks a question and hands on each event as it arrives. */
export async function ask(question: string, onEvent: (event: AnswerEvent) => void): Promise<void> {
  const response = await send('POST', 'answers', { question }, 'text/event-stream');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
    if (done) return;
    buffer += value ?? '';
    const blocks = buffer.split('\n\n');
    buffer = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      const parsed = AnswerEvent.safeParse({
        event: field('event'),
        data: JSON.parse(field('data') ?? 'null'),
      });
      if (parsed.success) onEvent(parsed.data);
    }
  }
}
