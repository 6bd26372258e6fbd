import type { Peer, PeerOffer } from '@belay/contracts';
import { DomainError, type ErrorCode, isDomainError } from '@belay/errors';
import type { JobQueues } from '@belay/queue';
import { connectPeer, type Grounds } from './connect-peer.js';
import { offeredTools } from './offered-tools.js';

const QUEUE = 'peer.offer';
const DEADLINE_MS = 60_000;
type Reply = { readonly offer: PeerOffer } | { readonly code: ErrorCode; readonly message: string };

/** Asks the agent service, which alone starts servers, what a server offers. */
export class PeerClient {
  constructor(private readonly queues: JobQueues) {}

  /** Throws `peers.refused` or `peers.unavailable` with the reason. */
  async offer(peer: Peer): Promise<PeerOffer> {
    const reply = await this.queues.request<Reply>(QUEUE, { peer }, DEADLINE_MS);
    if ('offer' in reply) return reply.offer;
    throw new DomainError(reply.code, reply.message);
  }
}

/** Answers for servers in this process, one after another: each is started for the question and ends with it. */
export function hostPeers(queues: JobQueues, home: string, grounds: Grounds = {}): void {
  queues.handle<{ peer: Peer }, Reply>(QUEUE, async ({ peer }) => {
    try {
      const connection = await connectPeer(peer, home, grounds);
      try {
        return { offer: await offeredTools(connection) };
      } finally {
        await connection.close();
      }
    } catch (error) {
      if (isDomainError(error)) return { code: error.code, message: error.message };
      throw error;
    }
  });
}
