import { type EventBody, readEvents } from './read-events.js';
import { RunEvent } from './runs.js';

// The server says something, be it nothing new, more often than that.
const SILENCE_MS = 45_000;
const PAUSE_MS = 500;

/**
 * The events of a run until its last: the run as whoever asks may see it, each time that it changed. `open` asks for
 * those after the one whose id is `last`; what it throws is thrown on. A connection that ends is made again.
 */
export async function* followRun(
  open: (last: string) => Promise<EventBody>,
  signal: AbortSignal,
): AsyncGenerator<RunEvent> {
  let last = '';
  while (!signal.aborted) {
    for await (const { id, event } of readEvents(await open(last), RunEvent, SILENCE_MS)) {
      last = id || last;
      yield event;
      if (event.event !== 'run') return;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
