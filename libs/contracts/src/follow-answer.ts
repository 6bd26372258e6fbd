import { AnswerEvent } from './answers.js';
import { type EventBody, readEvents } from './read-events.js';

/** How the events of one answer are asked for. */
export interface AnswerSource {
  /** Sends the question. Sent again under its key, it is the same question. */
  ask(): Promise<EventBody>;
  /** The events of an accepted question after the one whose id is `last`. */
  resume(answerId: string, last: string): Promise<EventBody>;
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
    for await (const { id, event } of readEvents(body, AnswerEvent)) {
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

  private async open(): Promise<EventBody | undefined> {
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
