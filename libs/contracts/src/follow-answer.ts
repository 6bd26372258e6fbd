import { AnswerEvent } from './answers.js';

type Body = ReadableStream<Uint8Array>;

/** How the events of one answer are asked for. */
export interface AnswerSource {
  /** Sends the question. Sent again under its key, it is the same question. */
  ask(): Promise<Body>;
  /** The events of an accepted question after the one whose id is `last`. */
  resume(answerId: string, last: string): Promise<Body>;
  /** Whether a failure says only that the server cannot be reached at the moment. */
  isLost(error: unknown): boolean;
}

const PAUSE_MS = 400;
const PATIENCE_MS = { asking: 5000, accepted: 60_000 };

/**
 * The events of one answer until its last. A connection that ends is made again by itself, and goes on where it
 * ended; rejects where the server stays away, or refuses.
 */
export async function* followAnswer(source: AnswerSource, signal?: AbortSignal): AsyncGenerator<AnswerEvent> {
  const following = new Following(source);
  while (!following.ended && signal?.aborted !== true) {
    yield* following.connect();
    if (!following.ended) await following.pause();
  }
}

class Following {
  ended = false;
  private answerId: string | undefined;
  private last = '';
  private heard = Date.now();
  private failure: unknown;

  constructor(private readonly source: AnswerSource) {}

  /** The events of one connection. */
  async *connect(): AsyncGenerator<AnswerEvent> {
    const body = await this.open();
    if (body === undefined) return;
    for await (const { id, event } of readEvents(body)) {
      this.heard = Date.now();
      this.last = id || this.last;
      if (event.event === 'accepted') this.answerId = event.data.answerId;
      this.ended = event.event === 'answer' || event.event === 'error';
      yield event;
      if (this.ended) return;
    }
  }

  /** Waits before the next connection; gives up where nothing was heard for too long. */
  async pause(): Promise<void> {
    const patience = this.answerId === undefined ? PATIENCE_MS.asking : PATIENCE_MS.accepted;
    if (Date.now() - this.heard > patience)
      throw this.failure ?? new Error('The connection ended too early.');
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }

  private async open(): Promise<Body | undefined> {
    try {
      return await (this.answerId === undefined
        ? this.source.ask()
        : this.source.resume(this.answerId, this.last));
    } catch (error) {
      if (!this.source.isLost(error)) throw error;
      this.failure = error;
      return undefined;
    }
  }
}

/** Server-sent events, as each one is complete. Comments and unknown events are skipped; a broken stream ends. */
async function* readEvents(body: Body): AsyncGenerator<{ id: string; event: AnswerEvent }> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event) yield event;
    }
  }
}

function parseEvent(block: string): { id: string; event: AnswerEvent } | undefined {
  const lines = block.split(/\r?\n/);
  const values = (field: string): string[] =>
    lines
      .filter((line) => line.startsWith(`${field}:`))
      .map((line) => line.slice(field.length + 1).replace(/^ /, ''));
  try {
    const event = AnswerEvent.parse({
      event: values('event')[0],
      data: JSON.parse(values('data').join('\n')),
    });
    return { id: values('id')[0] ?? '', event };
  } catch {
    return undefined;
  }
}
