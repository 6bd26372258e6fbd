import type { AnsweringService, QuestionDesk } from '@belay/answering';
import type { Answer } from '@belay/contracts';
import { isDomainError } from '@belay/errors';
import type { SessionService, SignedIn } from '@belay/identity';
import type { EventStreams, StreamEvent } from '@belay/queue';
import type { Response } from 'express';
import { whileOpen } from '../http/closing.js';
import type { ProblemFilter } from '../http/problem.filter.js';

const LONGEST_MS = 60_000;
const WAIT_MS = 250;
const EVENT_ID = /^\d{1,19}-\d{1,19}$/;

/** What a stream is made of and with. */
interface Parts {
  readonly answering: AnsweringService;
  readonly desk: QuestionDesk;
  readonly sessions: SessionService;
  readonly streams: EventStreams;
  readonly problems: ProblemFilter;
}

/** Who listens to which answer. `admit` says who they are now, and throws where they may not ask any more. */
interface Listener {
  readonly person: SignedIn;
  readonly id: string;
  readonly last: string | undefined;
  readonly admit: () => Promise<SignedIn>;
}

/**
 * Server-sent events of one answer. The Redis stream holds ordinals and ids only: sentences are read again, and
 * whoever listens is authorised again, when each is sent, so that no stream shows what was revoked meanwhile. What
 * Redis lost, or its maker never said, is told by the database.
 */
export class AnswerStream {
  /** The questions that this process makes an answer of, or that wait for their turn here. */
  private readonly making = new Set<string>();

  constructor(private readonly parts: Parts) {}

  /** Makes the answer of an accepted question, once, and appends its events. Never rejects. */
  async make(person: SignedIn, id: string): Promise<void> {
    if (this.making.has(id)) return;
    this.making.add(id);
    await this.makeOnce(person, id).finally(() => this.making.delete(id));
  }

  private async makeOnce(person: SignedIn, id: string): Promise<void> {
    const { desk, answering, streams, problems } = this.parts;
    const name = streamName(person, id);
    // Without Redis an answer is still made; who listens learns of it from the database.
    const say = (event: string, data: object): Promise<unknown> =>
      streams.append(name, event, data).catch(() => undefined);
    try {
      await desk.make(person, id, async (stage) => void (await say('stage', { stage })));
      const ending = await this.ending(person, id);
      if (ending?.event === 'error') return void (await say('error', ending.data as object));
      const { sentences } = await answering.reopen(person, id);
      for (const index of sentences.keys()) await say('sentence', { index });
      await say('answer', {});
    } catch (error) {
      // Another process may have made it, where this one could not say in time that it still does.
      const made = await answering.reopen(person, id).catch(() => undefined);
      if (made) return void (await say('answer', {}));
      const { code, detail } = problems.problem(error);
      await desk.fail(person, id, code, detail).catch(() => undefined);
      await say('error', { code, detail });
    }
  }

  /** Makes what was accepted by a process that is gone, each question under the rights that its person has now. */
  async resume(tenant: number): Promise<void> {
    const { desk, sessions } = this.parts;
    for (const { answerId, personId } of await desk.claim(tenant)) {
      const person = await sessions.personById(tenant, personId);
      if (person) void this.make(person, answerId);
      else await desk.fail({ tenant, person: personId }, answerId, 'auth.required', 'Sign in first.');
    }
  }

  /** Refuses an answer of somebody else like one that nobody has. */
  async require(person: SignedIn, id: string): Promise<void> {
    if (!(await this.parts.desk.find(person, id))) await this.parts.answering.reopen(person, id);
  }

  /** Sends the events after `last` until the final one, the client leaves, or a minute has passed. */
  async send(listener: Listener, response: Response): Promise<void> {
    const { person, id, last } = listener;
    const done = new AbortController();
    const stop = AbortSignal.any([done.signal, whileOpen(response), AbortSignal.timeout(LONGEST_MS)]);
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const write = (event: string, data: unknown, eventId?: string): void =>
      void response.write(
        `${eventId ? `id: ${eventId}\n` : ''}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
      );
    write('accepted', { answerId: id });
    try {
      const after = EVENT_ID.test(last ?? '') ? (last as string) : '0';
      for await (const event of this.events(person, id, after, stop)) {
        const data = isContent(event) ? await this.fill(listener, event) : event.data;
        if (stop.aborted) break;
        if (data) write(event.event, data, event.id);
        if (event.event === 'answer' || event.event === 'error') break;
      }
    } catch (error) {
      const { code, detail } = this.parts.problems.problem(error);
      write('error', { code, detail });
    } finally {
      done.abort();
      response.end();
    }
  }

  // What Redis says; where it is silent, the ending that stands in the database.
  private async *events(
    person: SignedIn,
    id: string,
    after: string,
    signal: AbortSignal,
  ): AsyncGenerator<StreamEvent> {
    for await (const event of this.parts.streams.read(streamName(person, id), after, signal, WAIT_MS)) {
      const said = event ?? (await this.ending(person, id));
      if (said) yield said;
    }
  }

  private async ending(person: SignedIn, id: string): Promise<StreamEvent | undefined> {
    const question = await this.parts.desk.find(person, id);
    if (!question) return { id: '', event: 'answer', data: {} };
    const { errorCode: code, errorDetail: detail } = question;
    return code === null ? undefined : { id: '', event: 'error', data: { code, detail: detail ?? '' } };
  }

  // Each time anew: between two events a document may have been taken away, or a session or key have ended.
  private async fill({ admit, id }: Listener, event: StreamEvent): Promise<unknown> {
    const answer: Answer | undefined = await this.parts.answering
      .reopen(await admit(), id)
      .catch((error: unknown) => {
        if (event.event === 'sentence' && isDomainError(error, 'not-found')) return undefined;
        throw error;
      });
    if (event.event === 'answer') return answer;
    return answer?.sentences[(event.data as { index: number }).index];
  }
}

const streamName = (person: SignedIn, id: string): string => `answer:${person.tenant}:${person.person}:${id}`;

const isContent = (event: StreamEvent): boolean => event.event === 'sentence' || event.event === 'answer';
