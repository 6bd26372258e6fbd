import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Whether the request that is being sent may still leave, for a transport that waits for something before its bytes do:
 * a connection may take seconds, in which a process may be stopped and another may make the call.
 */
export const leaving = new AsyncLocalStorage<(() => boolean) | undefined>();
