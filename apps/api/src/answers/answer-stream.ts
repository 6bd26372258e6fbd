import type { AnsweringService } from '@belay/answering';
import type { Answer, AskRequest } from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import type { EventStreams, StreamEvent } from '@belay/queue';
import type { Response } from 'express';
import type { ProblemFilter } from '../http/problem.filter.js';

const LONGEST_MS = 60_000;

/**
 * Server-sent events of one answer. The Redis stream holds ordinals and ids only: sentences are read again,
 * and authorised again, when they are sent, so that a resumed stream cannot show what was revoked meanwhile.
 */
export class AnswerStream {
  constructor(
    private readonly answering: AnsweringService,
    private readonly streams: EventStreams,
    private readonly problems: ProblemFilter,
  ) {}

  /** Makes the answer and appends its events. Never rejects: a failure becomes an `error` event. */
  async make(person: SignedIn, id: string, request: AskRequest): Promise<void> {
    const name = streamName(person, id);
    try {
      const progress = async (stage: string): Promise<void> =>
        void (await this.streams.append(name, 'stage', { stage }));
      const answer = await this.answering.ask(person, request, { id, progress });
      for (const index of answer.sentences.keys()) await this.streams.append(name, 'sentence', { index });
      await this.streams.append(name, 'answer', {});
    } catch (error) {
      const { code, detail } = this.problems.problem(error);
      await this.streams.append(name, 'error', { code, detail }).catch(() => undefined);
    }
  }

  /** Sends the events after `last` until the final one, the client leaves, or a minute has passed. */
  async send(person: SignedIn, id: string, last: string, response: Response): Promise<void> {
    const stop = new AbortController();
    response.on('close', () => stop.abort());
    const timer = setTimeout(() => stop.abort(), LONGEST_MS);
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    let answer: Promise<Answer> | undefined;
    try {
      for await (const event of this.streams.read(streamName(person, id), last, stop.signal)) {
        const data = isContent(event)
          ? fill(event, await (answer ??= this.answering.reopen(person, id)))
          : event.data;
        if (data) response.write(`id: ${event.id}\nevent: ${event.event}\ndata: ${JSON.stringify(data)}\n\n`);
        if (event.event === 'answer' || event.event === 'error') break;
      }
    } catch (error) {
      const { code, detail } = this.problems.problem(error);
      response.write(`event: error\ndata: ${JSON.stringify({ code, detail })}\n\n`);
    } finally {
      clearTimeout(timer);
      response.end();
    }
  }
}

const streamName = (person: SignedIn, id: string): string => `answer:${person.tenant}:${person.person}:${id}`;

const isContent = (event: StreamEvent): boolean => event.event === 'sentence' || event.event === 'answer';

function fill(event: StreamEvent, answer: Answer): unknown {
  if (event.event === 'answer') return answer;
  return answer.sentences[(event.data as { index: number }).index];
}
