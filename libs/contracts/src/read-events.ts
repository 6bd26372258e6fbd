import type { z } from 'zod';

/** The body of a response as it comes. */
export type EventBody = ReadableStream<Uint8Array>;

/**
 * Server-sent events, as each one is complete. Comments and unknown events are skipped; a broken stream ends, and so
 * does one of which nothing came for `silenceMs`.
 */
export async function* readEvents<Schema extends z.ZodType>(
  body: EventBody,
  schema: Schema,
  silenceMs = Infinity,
): AsyncGenerator<{ id: string; event: z.infer<Schema> }> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await within(reader.read(), silenceMs);
    if (done) return void reader.cancel().catch(() => undefined);
    const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseEvent(block, schema);
      if (event) yield event;
    }
  }
}

interface Chunk {
  readonly value?: Uint8Array | undefined;
  readonly done: boolean;
}
const NO_MORE: Chunk = { done: true };

async function within(reading: Promise<Chunk>, ms: number): Promise<Chunk> {
  const read = reading.catch(() => NO_MORE);
  if (ms === Infinity) return read;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<Chunk>((resolve) => {
    timer = setTimeout(() => resolve(NO_MORE), ms);
  });
  return Promise.race([read, silence]).finally(() => clearTimeout(timer));
}

function parseEvent<Schema extends z.ZodType>(
  block: string,
  schema: Schema,
): { id: string; event: z.infer<Schema> } | undefined {
  const lines = block.split(/\r?\n/);
  const values = (field: string): string[] =>
    lines
      .filter((line) => line.startsWith(`${field}:`))
      .map((line) => line.slice(field.length + 1).replace(/^ /, ''));
  try {
    const event = schema.parse({ event: values('event')[0], data: JSON.parse(values('data').join('\n')) });
    return { id: values('id')[0] ?? '', event };
  } catch {
    return undefined;
  }
}
