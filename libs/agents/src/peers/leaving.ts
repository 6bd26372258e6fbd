import { AsyncLocalStorage } from 'node:async_hooks';

/** A request on its way to a server. */
export interface Departure {
  /** Whether it may still leave, or its answer still be asked for. */
  readonly mayLeave: () => boolean;
  /** Waited for before more of its answer is asked for. */
  readonly ready?: (() => Promise<void>) | undefined;
  /** Called when nothing more of its answer can come. */
  readonly lost?: () => void;
  /** Whether a byte of it may have left; undefined where its transport does not say: then it may. */
  hasLeft?: boolean;
}

/**
 * The request that is being sent, for a transport that waits for something before its bytes leave: a connection may take
 * seconds, in which a process may be stopped and another may make the call.
 */
export const leaving = new AsyncLocalStorage<Departure>();
