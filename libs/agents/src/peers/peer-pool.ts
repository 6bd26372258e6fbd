import type { DefinitionChange, Peer, PeerOffer, ToolContract } from '@belay/contracts';
import { DomainError, isDomainError } from '@belay/errors';
import { digestOf } from '../contracts/canonical-json.js';
import type { Definition } from '../contracts/pinned-definition.js';
import { type CallOutcome, needsInput } from './call-outcome.js';
import { callTool, type ToolCall } from './call-tool.js';
import { connectPeer, type Grounds } from './connect-peer.js';
import { offeredTools } from './offered-tools.js';
import { PooledPeer } from './pooled-peer.js';

export interface PoolBounds extends Grounds {
  /** Servers at once. */
  readonly most: number;
  /** After so long without a call a server is ended. */
  readonly idleMs: number;
  /** So old may be what a server was last seen to offer when a call is sent to it. */
  readonly freshMs: number;
  /** Called where a server turns out to describe a tool differently while nobody calls it. */
  readonly onDrift?: (contract: ToolContract, changes: DefinitionChange[]) => void;
}

interface Slot {
  readonly key: string;
  readonly holder: string;
  readonly peer: Peer;
  readonly opening: Promise<PooledPeer>;
  /** Ends it, also while it is being opened. */
  readonly cut: AbortController;
  /** Undefined while it is being opened. */
  open: PooledPeer | undefined;
}

const BOUNDS: PoolBounds = { most: 32, idleMs: 60_000, freshMs: 10_000 };
const REAP_MS = 5000;
const MOST_CHECKS = 3;

/**
 * The servers that run now: one process for each server, holder and credential, started for the first call, kept for
 * the next ones, ended when idle. One that left a call unanswered is asked nothing more and stays until its other calls
 * are over, beside the one that takes its place. A call leaves only while the server says exactly what its contract pins.
 */
export class PeerPool {
  private readonly slots = new Set<Slot>();
  private readonly ending = new Set<Promise<void>>();
  private readonly bounds: PoolBounds;
  private readonly reaper: NodeJS.Timeout;
  private isClosed = false;

  /** @param home BELAY_HOME */
  constructor(
    private readonly home: string,
    bounds: Partial<PoolBounds> = {},
  ) {
    this.bounds = { ...BOUNDS, ...bounds };
    this.reaper = setInterval(() => this.reap(), Math.min(REAP_MS, this.bounds.idleMs)).unref();
  }

  /** Calls a tool, once. Never throws, never sends twice. */
  async call(call: ToolCall): Promise<CallOutcome> {
    if (needsTask(call.definition)) return needsInput();
    try {
      const slot = await this.slotFor(call.contract.peer, call.holder);
      return await this.callOn(slot, call);
    } catch (cause) {
      // Before the call itself nothing can have been seen of it.
      if (isDomainError(cause)) return { kind: 'not-sent', reason: cause.message };
      throw cause;
    }
  }

  /**
   * What a server offers now. Throws `peers.refused` or `peers.unavailable` with the reason.
   * @param isBare whether nobody approved the server: it gets empty folders and no hosts
   */
  async offer(peer: Peer, holder: string, isBare = false): Promise<PeerOffer> {
    const open = await (await this.slotFor(peer, holder, isBare)).opening;
    open.begin();
    try {
      return await offeredTools(open.connection);
    } finally {
      open.finish();
    }
  }

  /** Ends servers at once, whatever they are doing: those of a holder, of a server's id, or all. */
  async stop({ holder, peer }: { readonly holder?: string; readonly peer?: string } = {}): Promise<void> {
    const ends = [...this.slots].filter(
      (slot) => (holder ?? slot.holder) === slot.holder && (peer ?? slot.peer.id) === slot.peer.id,
    );
    await Promise.all(ends.map((slot) => this.end(slot)));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.reaper);
    await this.stop();
  }

  private async callOn(slot: Slot, call: ToolCall): Promise<CallOutcome> {
    const open = await slot.opening;
    open.begin();
    try {
      const changes = await this.checked(open, call);
      if (changes.length > 0) return { kind: 'drift', changes };
      const outcome = await callTool(open.connection, call);
      // Whoever left a call unanswered may still be at it.
      if (outcome.kind === 'unknown') open.retire();
      return outcome;
    } finally {
      open.finish();
      if (open.isSpent) await this.end(slot);
    }
  }

  /** What differs between what is pinned and what the server said since it last announced a change, and lately. */
  private async checked(open: PooledPeer, { contract, definition }: ToolCall): Promise<DefinitionChange[]> {
    for (let turn = 0; turn < MOST_CHECKS; turn += 1) {
      if (turn > 0 || !open.isFresh(this.bounds.freshMs)) await open.list();
      if (open.isCurrent) return open.compare(contract, definition);
    }
    throw new DomainError('peers.refused', 'The server announces other tools faster than they can be read.');
  }

  private async slotFor(peer: Peer, holder: string, isBare = false): Promise<Slot> {
    // Whoever was started with another secret is another server.
    const secrets = (await this.bounds.secretsOf?.(peer)) ?? {};
    const key = digestOf({ holder, peer, secrets, isBare });
    const found = this.usable(key);
    if (found) return found;
    // Others may still wait for an answer of one that takes no further call.
    const spent = [...this.slots].filter((slot) => slot.key === key && slot.open?.isSpent);
    await Promise.all(spent.map((slot) => this.end(slot)));
    if (this.isClosed) throw new DomainError('peers.unavailable', 'Servers are being stopped.');
    while (this.isFull) await this.makeRoom();
    // Another call may have opened it in the meantime. From the check on nothing is waited for.
    const secretsOf = (): Promise<typeof secrets> => Promise.resolve(secrets);
    return this.usable(key) ?? this.open({ key, holder, peer }, { ...this.bounds, secretsOf, isBare });
  }

  private usable(key: string): Slot | undefined {
    return [...this.slots].find((slot) => slot.key === key && (slot.open?.isUsable ?? true));
  }

  // Those that are ending are still there.
  private get isFull(): boolean {
    return this.slots.size + this.ending.size >= this.bounds.most;
  }

  private open(of: Pick<Slot, 'key' | 'holder' | 'peer'>, grounds: Grounds): Slot {
    const cut = new AbortController();
    const opening = connectPeer(of.peer, this.home, { ...grounds, signal: cut.signal }).then(
      async (connection) => {
        const open = new PooledPeer(connection, this.bounds.onDrift);
        try {
          await open.list();
        } catch (cause) {
          await connection.close();
          throw cause;
        }
        return open;
      },
    );
    const slot: Slot = { ...of, opening, cut, open: undefined };
    this.slots.add(slot);
    opening.then(
      (open) => (slot.open = open),
      () => this.slots.delete(slot),
    );
    return slot;
  }

  private async makeRoom(): Promise<void> {
    const [longestIdle] = [...this.slots]
      .filter(({ open }) => open?.isIdle)
      .sort((a, b) => (a.open?.usedAt ?? 0) - (b.open?.usedAt ?? 0));
    if (longestIdle) return this.end(longestIdle);
    if (this.ending.size > 0) return Promise.race(this.ending);
    throw new DomainError('peers.unavailable', `${this.bounds.most} servers are at work. Try again later.`);
  }

  private reap(): void {
    const before = Date.now() - this.bounds.idleMs;
    for (const slot of this.slots)
      if (slot.open?.isIdle && (slot.open.usedAt < before || !slot.open.isUsable)) void this.end(slot);
  }

  private async end(slot: Slot): Promise<void> {
    this.slots.delete(slot);
    slot.cut.abort();
    const ending = slot.opening.then(
      ({ connection }) => connection.close(),
      () => undefined,
    );
    this.ending.add(ending);
    await ending;
    this.ending.delete(ending);
  }
}

/** Whether a tool can only be run as a task of its server, which calls are not. */
function needsTask(definition: Definition): boolean {
  const { taskSupport } = (definition['execution'] ?? {}) as { taskSupport?: unknown };
  return taskSupport === 'required';
}
