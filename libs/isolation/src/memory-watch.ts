import type { ControlGroup } from './control-group.js';
import { memoryOf } from './memory-of.js';

/** How much a process and all that it starts may hold. */
export interface MemoryBound {
  readonly mostBytes: number;
  /** In which the kernel sees to that; without one it is measured. */
  readonly group?: ControlGroup | undefined;
}

// To read what the kernel says is little work; to add up processes is more, but lets less pass between two looks.
const WATCH_MS = { group: 250, alone: 100 };

/** Looks again and again whether a process and all below it hold more than they may. */
export class MemoryWatch {
  private readonly timer: NodeJS.Timeout;
  private hasExceeded = false;

  /**
   * @param root the process, where it is known
   * @param onExcess called once
   */
  constructor(
    private readonly bound: MemoryBound,
    private readonly root: () => number | undefined,
    onExcess: () => void,
  ) {
    const look = (): void => {
      if (!this.hadTooMuch()) return;
      this.stop();
      onExcess();
    };
    this.timer = setInterval(look, bound.group ? WATCH_MS.group : WATCH_MS.alone).unref();
  }

  /** Whether they do now, or did at a look before. */
  hadTooMuch(): boolean {
    this.hasExceeded ||= this.bound.group?.hasExceeded() ?? this.isMeasuredAbove();
    return this.hasExceeded;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private isMeasuredAbove(): boolean {
    const root = this.root();
    return root !== undefined && memoryOf(root) > this.bound.mostBytes;
  }
}
