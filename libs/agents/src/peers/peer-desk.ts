import type { Peer, PeerOffer } from '@belay/contracts';
import { DomainError, type ErrorCode, isDomainError } from '@belay/errors';
import type { JobQueues } from '@belay/queue';
import type { PeerPool } from './peer-pool.js';

const QUEUE = 'peer.offer';
// Nobody's calls reach a server that is only asked what it offers.
const HOLDER = 'registry';
const DEADLINE_MS = 60_000;
// One server that does not answer keeps nobody from asking another.
const AT_ONCE = 4;
// A server that took this process down would take down the next one.
const NEVER_AGAIN = 0;
type Reply = { readonly offer: PeerOffer } | { readonly code: ErrorCode; readonly message: string };

/** Asks the agent service, which alone starts servers, what a server offers. */
export class PeerClient {
  constructor(private readonly queues: JobQueues) {}

  /**
   * Throws `peers.refused` or `peers.unavailable` with the reason.
   * @param isApproved whether a contract with exactly this server is approved: else it gets empty folders and no hosts
   */
  async offer(peer: Peer, isApproved: boolean): Promise<PeerOffer> {
    const reply = await this.queues.request<Reply>(QUEUE, { peer, isApproved }, DEADLINE_MS);
    if ('offer' in reply) return reply.offer;
    throw new DomainError(reply.code, reply.message);
  }
}

/** Answers for servers in this process. Each keeps running for a while, and is asked anew each time. */
export function hostPeers(queues: JobQueues, pool: Pick<PeerPool, 'offer'>): void {
  queues.handle<{ peer: Peer; isApproved: boolean }, Reply>(
    QUEUE,
    async ({ peer, isApproved }) => {
      try {
        return { offer: await pool.offer(peer, HOLDER, !isApproved) };
      } catch (error) {
        if (isDomainError(error)) return { code: error.code, message: error.message };
        throw error;
      }
    },
    AT_ONCE,
    NEVER_AGAIN,
  );
}
