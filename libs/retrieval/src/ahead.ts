import type { QueryVector } from './query-vectors.js';

// How long at most a connection is held while a model computes: ten times what a question takes where nobody waits.
const HELD_MS = 100;

/**
 * Says which question may be searched for while it is still being embedded: where nobody else waits for a model, so
 * that one connection at most is held meanwhile.
 */
export class Ahead {
  private waiting = 0;

  /** Whether this question is the only one, until `asking` is settled. */
  isAlone(asking: Promise<QueryVector>): boolean {
    const isAlone = this.waiting === 0;
    this.waiting += 1;
    const leave = () => void (this.waiting -= 1);
    asking.then(leave, leave);
    return isAlone;
  }
}

/** What is asked, or undefined where it is not known soon. */
export async function soon(asking: Promise<QueryVector>): Promise<QueryVector | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), HELD_MS);
  });
  return Promise.race([asking, late]).finally(() => clearTimeout(timer));
}
