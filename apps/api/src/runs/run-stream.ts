import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunService, runSignal } from '@belay/agents';
import { isOver, type Run } from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import type { Signals } from '@belay/queue';
import type { Response } from 'express';
import { whileOpen } from '../http/closing.js';
import { InFlight } from '../http/in-flight.js';
import type { ProblemFilter } from '../http/problem.filter.js';
import { Wakening } from './wakening.js';

// Pages watch one run each, and a browser opens no more than six connections for all of its pages.
const MOST_STREAMS = 8;
const LONGEST_MS = 600_000;
/** So often it is looked whether anything changed that nobody said, and whether whoever watches still may. */
const LOOK_MS = 5000;
/** What changes meanwhile is shown together. */
const PAUSE_MS = 100;
const HEARTBEAT_MS = 15_000;

interface Parts {
  readonly runs: Pick<RunService, 'get'>;
  readonly signals: Signals;
  readonly problems: ProblemFilter;
}

/** Who watches which run. `admit` says who they are now, and throws where they may not watch runs any more. */
export interface Watch {
  readonly person: SignedIn;
  readonly id: string;
  /** The id of the event that they had last. */
  readonly last: string | undefined;
  readonly admit: () => Promise<SignedIn>;
}

/**
 * Server-sent events of a run: the whole of it as `GET /v1/runs/:id` shows it to whoever watches, whenever that is
 * another than they have. It is read, and whoever watches is authorised, anew for each event. An event's id is the digest
 * of what it shows, so that a stream goes on after any interruption without a memory of its own.
 */
export class RunStream {
  private readonly watched = new InFlight(MOST_STREAMS, 'runs are being watched by you');
  private readonly ending = new AbortController();

  constructor(private readonly parts: Parts) {}

  /** Ends every stream; whoever watches comes again. */
  close(): void {
    this.ending.abort();
  }

  /** Sends what changes until the run is over, whoever watches leaves or may not any more, or for ten minutes. */
  async send(watch: Watch, response: Response): Promise<void> {
    const { runs, signals } = this.parts;
    const { person, id } = watch;
    // What is refused before anything was sent is a problem like any other.
    await runs.get(person, id);
    this.watched.admit(person.person, response);
    const wakening = new Wakening();
    const stop = AbortSignal.any([whileOpen(response), this.ending.signal, AbortSignal.timeout(LONGEST_MS)]);
    stop.addEventListener('abort', () => wakening.wake());
    const deaf = signals.listen(runSignal(person.tenant, id), () => wakening.wake());
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    try {
      await this.follow(watch, wakening, stop, response);
    } catch (error) {
      const { code, detail } = this.parts.problems.problem(error);
      if (!stop.aborted) response.write(said('error', { code, detail }));
    } finally {
      deaf();
      response.end();
    }
  }

  private async follow(
    watch: Watch,
    wakening: Wakening,
    stop: AbortSignal,
    response: Response,
  ): Promise<void> {
    let shown = watch.last;
    let spoke = Date.now();
    for (;;) {
      const run: Run = await this.parts.runs.get(await watch.admit(), watch.id);
      if (stop.aborted) return;
      const version = digestOf(run);
      const isNew = version !== shown;
      if (isNew || Date.now() - spoke > HEARTBEAT_MS) {
        spoke = Date.now();
        await write(response, isNew ? said('run', run, version) : ': nothing new\n\n', stop);
      }
      shown = version;
      if (isOver(run.state)) return void response.write(said('end', {}));
      await sleep(PAUSE_MS);
      await wakening.within(LOOK_MS);
      if (stop.aborted) return;
    }
  }
}

const said = (event: string, data: object, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

const digestOf = (run: Run): string => createHash('sha256').update(JSON.stringify(run)).digest('base64url');

// Whoever reads slowly is sent less: what happens meanwhile is in the next event.
async function write(response: Response, text: string, signal: AbortSignal): Promise<void> {
  if (!response.write(text)) await once(response, 'drain', { signal }).catch(() => undefined);
}
