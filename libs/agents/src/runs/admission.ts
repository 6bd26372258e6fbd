import type { ToolContract } from '@belay/contracts';
import { isDomainError } from '@belay/errors';
import { type CallLimiter, type Limit, LocalBucket } from '@belay/queue';
import { admit as admitByCircuit, afterCall, type Circuit, WORKING } from '../bounds/circuit-breaker.js';
import type { Holds } from './bounds.js';

/** Who calls what, and for what. */
export interface Asked {
  readonly tenant: number;
  readonly person: number;
  readonly contract: ToolContract;
  /**
   * Taking back has capacity of its own, so that what was done can be undone when the limits of doing are reached, and
   * so has finding out what happened.
   */
  readonly purpose: 'do' | 'settle' | 'undo';
}

/** Leave to call now, to be given back by `done`; or when to ask again. */
export type Admission =
  | { readonly ok: true; readonly done: () => Promise<void> }
  | { readonly ok: false; readonly reason: string; readonly retryInMs: number };

const SECONDS = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const;
// What one tenant, person or server may use of all tools together.
const TENANT = { calls: 300, perSeconds: 1, burst: 600 };
const PERSON = { calls: 60, perSeconds: 1, burst: 120 };
const PEER = { calls: 200, perSeconds: 1, burst: 400 };
// Of the calls at once that a contract allows one person has half, and of all of them so many: each may hold a server.
const MOST_OF_PERSON = { do: 8, settle: 4, undo: 4 } as const;
const BUSY = 'As many calls as the contract allows are under way.';
const BUSY_YOURSELF = 'As many of your calls as there may be at once are under way.';
// Reads while Redis is away.
const UNCERTAIN: Limit = { key: 'reads', calls: 5, perSeconds: 1, burst: 10 };
const FREE: Admission = { ok: true, done: () => Promise.resolve() };
const LEASE_SLACK_MS = 5000;
const BUSY_RETRY_MS = 250;
const DOWN_RETRY_MS = 2000;

/**
 * Rates, calls at once and broken servers: an outer limit, in Redis. Without Redis nothing with an effect is
 * admitted, and reads are by a small bucket of this process.
 */
export class AdmissionDesk {
  private readonly local = new LocalBucket();
  /** By server, as far as this process knows. */
  private readonly circuits = new Map<string, Circuit>();

  constructor(
    private readonly limiter: CallLimiter,
    private readonly holds: Holds,
  ) {}

  async admit(asked: Asked): Promise<Admission> {
    const { contract } = asked;
    if (!this.holds('rate')) return FREE;
    const circuit = admitByCircuit(this.circuits.get(contract.peer.id) ?? WORKING, Date.now());
    if ('retryAfterMs' in circuit)
      return refuse(
        `The server ${contract.peer.id} does not answer; it is tried again.`,
        circuit.retryAfterMs,
      );
    this.circuits.set(contract.peer.id, circuit.circuit);
    try {
      return await this.byRedis(asked);
    } catch (error) {
      if (!isDomainError(error)) throw error;
      const isRead = contract.effect.class === 'read';
      if (isRead && this.local.take(asked.tenant, [UNCERTAIN]).allowed) return FREE;
      return refuse('The limits cannot be asked, and nothing is done without them.', DOWN_RETRY_MS);
    }
  }

  /** What came of a call, for the breaker of its server. */
  note({ peer }: ToolContract, outcome: Parameters<typeof afterCall>[1]): void {
    this.circuits.set(peer.id, afterCall(this.circuits.get(peer.id) ?? WORKING, outcome, Date.now()));
  }

  private async byRedis({ tenant, person, contract, purpose }: Asked): Promise<Admission> {
    const own = `${purpose}:contract:${contract.contract}`;
    const { rate, burst, concurrency, timeoutMs } = contract.limits;
    const places = [
      { key: own, most: concurrency },
      { key: `${own}:person:${person}`, most: Math.ceil(concurrency / 2) },
      { key: `${purpose}:person:${person}`, most: MOST_OF_PERSON[purpose] },
    ];
    const leased = await this.limiter.leaseAll(tenant, places, timeoutMs + LEASE_SLACK_MS);
    if ('full' in leased) return refuse(leased.full === own ? BUSY : BUSY_YOURSELF, BUSY_RETRY_MS);
    const limits: Limit[] = [
      { key: `${purpose}:tenant`, ...TENANT },
      { key: `${purpose}:person:${person}`, ...PERSON },
      { key: own, calls: rate.calls, perSeconds: SECONDS[rate.per], burst },
      { key: `${purpose}:peer:${contract.peer.id}`, ...PEER },
    ];
    const taken = await this.limiter.take(tenant, limits);
    const keys = places.map(({ key }) => key);
    const done = (): Promise<void> => this.limiter.releaseAll(tenant, keys, leased.lease);
    if (taken.allowed) return { ok: true, done };
    await done();
    return refuse(
      `The limit of ${taken.limit.replace(/^(do|settle|undo):/, '')} is reached.`,
      taken.retryAfterMs,
    );
  }
}

const refuse = (reason: string, retryInMs: number): Admission => ({ ok: false, reason, retryInMs });
