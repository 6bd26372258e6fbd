import { recordLeaf } from '@belay/audit';
import type { Peer, PeerOffer, ToolContract } from '@belay/contracts';
import type { Database, Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import type { CallLimiter, Limit } from '@belay/queue';
import { canonicalJson, digestOf } from '../contracts/canonical-json.js';
import type { PeerClient } from '../peers/peer-desk.js';
import { ContractRepository } from './contract.repository.js';

/** What somebody who works on contracts has a server started for. */
export type StartedFor = 'offer' | 'scaffold' | 'register' | 'approve' | 'verify' | 'record';

/** How often servers may be started by one person and in one tenant, and how many at once. */
export interface StartLimits {
  readonly person: Omit<Limit, 'key'>;
  readonly tenant: Omit<Limit, 'key'>;
  readonly atOnce: number;
}

const LIMITS: StartLimits = {
  person: { calls: 1, perSeconds: 1, burst: 60 },
  tenant: { calls: 2, perSeconds: 1, burst: 120 },
  atOnce: 4,
};
const PLACES = 'started-servers';
// A server that never answers is given up before this.
const LONGEST_MS = 120_000;
const BUSY_RETRY_MS = 2000;

/**
 * Has servers started for people who work on contracts: within limits, and on the ledger before it happens. A server
 * has its folders and hosts only where somebody approved a contract that gives it these.
 */
export class ServerDesk {
  private readonly contracts = new ContractRepository();

  constructor(
    private readonly database: Database,
    private readonly peers: PeerClient,
    private readonly limiter: CallLimiter,
    private readonly limits: StartLimits = LIMITS,
  ) {}

  /** What a server offers now. Throws `request.too-many` with the time after which to ask again. */
  offer(actor: SignedIn, peer: Peer, why: StartedFor): Promise<PeerOffer> {
    return this.within(actor, async () => {
      const isApproved = await this.record(actor, peer, why);
      return this.peers.offer(peer, isApproved);
    });
  }

  /** The tool of a contract as its server offers it now; throws where it is not exactly the pinned one. */
  async pinnedTool(
    actor: SignedIn,
    { peer, tool }: ToolContract,
    why: StartedFor,
  ): Promise<PeerOffer['tools'][number]> {
    const { tools } = await this.offer(actor, peer, why);
    const found = tools.filter(({ name }) => name === tool.name);
    const [only] = found;
    if (!only || found.length > 1)
      throw new DomainError('peers.refused', `The server offers ${found.length} tools named ${tool.name}.`);
    if (only.digest !== tool.definitionDigest) {
      throw new DomainError(
        'peers.refused',
        `The server describes ${tool.name} in another way than the contract pins: it has ${only.digest}.`,
      );
    }
    return only;
  }

  private async within<T>({ tenant, person }: SignedIn, work: () => Promise<T>): Promise<T> {
    const { atOnce, ...rates } = this.limits;
    const lease = await this.limiter.lease(tenant, PLACES, atOnce, LONGEST_MS);
    if (lease === undefined) throw tooMany(`${atOnce} servers are being started already`, BUSY_RETRY_MS);
    try {
      const mine = `start:person:${person}`;
      const taken = await this.limiter.take(tenant, [
        { key: mine, ...rates.person },
        { key: 'start:tenant', ...rates.tenant },
      ]);
      if (!taken.allowed) {
        const who = taken.limit === mine ? 'You had servers' : 'Servers were';
        throw tooMany(`${who} started as often as is allowed`, taken.retryAfterMs);
      }
      return await work();
    } finally {
      await this.limiter.release(tenant, PLACES, lease);
    }
  }

  /** Says on the ledger that a server is started, and whether somebody approved a contract with exactly this one. */
  private record({ tenant, person }: SignedIn, peer: Peer, why: StartedFor): Promise<boolean> {
    return this.database.transaction({ role: 'api', tenant, person }, async (tx: Transaction) => {
      const { id, transport } = peer;
      const reached = transport === 'http' ? { privateNetwork: peer.privateNetwork } : {};
      const payload = { why, transport, ...reached, digest: digestOf(peer) };
      await recordLeaf(tx, tenant, { type: 'tool.offer', actor: person, resource: `peer/${id}`, payload });
      const own = canonicalJson(peer);
      const approved = await this.contracts.approved(tx);
      return approved.some(({ document }) => canonicalJson(document.peer) === own);
    });
  }
}

function tooMany(what: string, retryAfterMs: number): DomainError {
  const seconds = Math.ceil(retryAfterMs / 1000);
  const when = seconds === 1 ? 'a second' : `${seconds} seconds`;
  return new DomainError('request.too-many', `${what}. Try again in ${when}.`, { retryAfterMs });
}
