import type { Context } from '../context.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `work` with a signal that Ctrl-C aborts, so that it can clean up. A second Ctrl-C ends the process. */
export async function untilInterrupted<Result>(
  { note }: Context,
  work: (interrupted: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const interrupt = (): void => {
    stopListening();
    note('Stopping; once more to stop without deleting the collection.');
    controller.abort();
  };
  const stopListening = (): void => SIGNALS.forEach((name) => process.off(name, interrupt));
  SIGNALS.forEach((name) => process.on(name, interrupt));
  try {
    return await work(controller.signal);
  } finally {
    stopListening();
  }
}
