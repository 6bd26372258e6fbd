import type { DefinitionChange, ToolContract } from '@belay/contracts';
import { isDomainError } from '@belay/errors';
import { compareDefinitions } from '../contracts/compare-definitions.js';
import { type Definition, pinned } from '../contracts/pinned-definition.js';
import { isTooDeep, listTools } from './offered-tools.js';
import type { PeerConnection } from './peer-connection.js';

const SETTLE_MS = 300;
const MOST_WATCHED = 200;

/** A running server with what it was last seen to offer, and the contracts that were called on it. */
export class PooledPeer {
  usedAt = Date.now();
  private tools: readonly Definition[] | undefined;
  private listedAt = 0;
  /** How many changes it had announced when it was last asked. */
  private listedChanges = -1;
  private calls = 0;
  private isRetired = false;
  private listing: Promise<void> | undefined;
  private settling: NodeJS.Timeout | undefined;
  private readonly watched = new Map<string, { contract: ToolContract; definition: Definition }>();

  constructor(
    readonly connection: PeerConnection,
    private readonly onDrift?: (contract: ToolContract, changes: DefinitionChange[]) => void,
  ) {
    connection.onListChanged(() => {
      // A flood of announcements is one change; whoever cannot be compared is asked nothing more.
      this.settling ??= setTimeout(
        () => void this.compareWatched().catch(() => this.retire()),
        SETTLE_MS,
      ).unref();
    });
  }

  get isIdle(): boolean {
    return this.calls === 0;
  }

  get isUsable(): boolean {
    return this.connection.isOpen && !this.isRetired;
  }

  /** Whether nothing is to be expected of it any more. */
  get isSpent(): boolean {
    return this.isIdle && !this.isUsable;
  }

  begin(): void {
    this.calls += 1;
  }

  finish(): void {
    this.calls -= 1;
    this.usedAt = Date.now();
  }

  /** Takes no further call; ended when its last one is over. */
  retire(): void {
    this.isRetired = true;
  }

  /** Whether what it was seen to offer is younger than `freshMs` and than its last announcement of a change. */
  isFresh(freshMs: number): boolean {
    return this.isCurrent && Date.now() - this.listedAt < freshMs;
  }

  /** Whether it announced no change since it was asked. */
  get isCurrent(): boolean {
    return this.tools !== undefined && this.listedChanges === this.connection.listChanges;
  }

  /** Asks the server what it offers; several at once ask once. */
  list(): Promise<void> {
    this.listing ??= this.ask().finally(() => (this.listing = undefined));
    return this.listing;
  }

  /** What differs between what is pinned and what was last seen; from now on, changes are looked for. */
  compare(contract: ToolContract, definition: Definition): DefinitionChange[] {
    const place = `${contract.contract}@${contract.version}`;
    if (this.watched.size < MOST_WATCHED) this.watched.set(place, { contract, definition });
    const { name } = contract.tool;
    const found = (this.tools ?? []).filter((tool) => tool['name'] === name);
    const [only] = found;
    if (found.length > 1) return [{ at: '', was: name, is: `${found.length} tools of this name` }];
    if (isTooDeep(only)) return [{ at: '', was: name, is: 'a definition nested too deeply to be read' }];
    return compareDefinitions(pinned(definition), only && pinned(only));
  }

  private async ask(): Promise<void> {
    const changes = this.connection.listChanges;
    const at = Date.now();
    this.tools = await listTools(this.connection);
    this.listedAt = at;
    this.listedChanges = changes;
  }

  private async compareWatched(): Promise<void> {
    this.settling = undefined;
    if (!this.isUsable || this.watched.size === 0) return;
    try {
      await this.list();
    } catch (cause) {
      // It is asked again before the next call.
      if (isDomainError(cause)) return;
      throw cause;
    }
    for (const { contract, definition } of this.watched.values()) {
      const changes = this.compare(contract, definition);
      if (changes.length > 0) this.onDrift?.(contract, changes);
    }
  }
}
