import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GroupPlaces } from './group-places.js';

/** What all processes of a group may take together. */
export interface GroupLimits {
  readonly bytes: number;
  /** Processes and their threads. */
  readonly tasks: number;
}

const WEIGHT = '50';
// The same in version 1, of the 1024 of one ordinary process.
const SHARES = '512';
// Memory is handed out in pieces.
const NEAR = 4 * 2 ** 20;
const PAUSE_MS = 20;
const PATIENCE_MS = 2000;
const NAME = /^belay-(\d+)-(\d+)-[0-9a-f]+$/;
/** Becomes one of each group first, and then the program: nothing of that runs outside. */
const ENTER = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec "$@"';

/**
 * Processes whose memory the kernel bounds together: whatever is over is killed at once, however many share in it.
 * It has the name of the process that made it, so that it is known to be left over when that is gone.
 */
export class ControlGroup {
  private constructor(
    private readonly version: 1 | 2,
    private readonly memory: string,
    /** Its folder for each kind of limit; in version 2 one for all. */
    private readonly folders: readonly string[],
  ) {}

  /** Throws where one cannot be made. */
  static make(places: GroupPlaces, { bytes, tasks }: GroupLimits): ControlGroup {
    const name = `belay-${process.pid}-${startOf(process.pid)}-${randomBytes(6).toString('hex')}`;
    const within = (place: string | undefined): string | undefined => place && join(place, name);
    const [memory, pids, cpu] = [join(places.memory, name), within(places.pids), within(places.cpu)];
    const folders = [...new Set([memory, pids, cpu].filter((folder) => folder !== undefined))];
    const group = new ControlGroup(places.version, memory, folders);
    try {
      for (const folder of folders) mkdirSync(folder);
      if (places.version === 2) limitSecond(memory, bytes);
      else limitFirst(memory, bytes);
      if (pids !== undefined) writeFileSync(join(pids, 'pids.max'), String(tasks));
      if (cpu !== undefined && places.version === 2) writeFileSync(join(cpu, 'cpu.weight'), WEIGHT);
      if (cpu !== undefined && places.version === 1) writeFileSync(join(cpu, 'cpu.shares'), SHARES);
    } catch (error) {
      group.removeNow();
      throw error;
    }
    return group;
  }

  /** Removes what processes made that are gone, with all that still runs in it. */
  static sweep(places: GroupPlaces): void {
    for (const place of new Set([places.memory, places.pids, places.cpu])) {
      for (const name of place === undefined ? [] : readdirSync(place)) {
        const [, pid, start] = NAME.exec(name) ?? [];
        if (place === undefined || pid === undefined || startOf(Number(pid)) === start) continue;
        const folder = join(place, name);
        void new ControlGroup(places.version, folder, [folder]).remove();
      }
    }
  }

  /** How a command is started as one of this group. */
  entered(command: string, args: readonly string[]): { command: string; args: string[] } {
    const entries = this.folders.map((folder) => join(folder, 'cgroup.procs'));
    return { command: '/bin/sh', args: ['-c', ENTER, 'sh', ...entries, '--', command, ...args] };
  }

  /** Bytes that it may take, as the kernel has it; undefined where it no longer says. */
  get bytes(): number | undefined {
    const text = read(join(this.memory, this.version === 2 ? 'memory.max' : 'memory.limit_in_bytes'));
    return /^\d+$/.test(text) ? Number(text) : undefined;
  }

  /** Whether the kernel killed one of it because together they took too much; undefined where it no longer says. */
  hasExceeded(): boolean | undefined {
    const killed = read(join(this.memory, this.version === 2 ? 'memory.events' : 'memory.oom_control'));
    if (!killed.includes('oom_kill ')) return undefined;
    // Where the machine as a whole has no memory left, the limit of this group was not reached.
    const wasReached = this.version === 2 ? count(killed, 'oom') > 0 : this.peak > (this.bytes ?? 0) - NEAR;
    return count(killed, 'oom_kill') > 0 && wasReached;
  }

  // Version 1 counts failures on some kernels only.
  private get peak(): number {
    return Number(read(join(this.memory, 'memory.max_usage_in_bytes')));
  }

  /** Ends all that is in it. */
  kill(): void {
    try {
      if (this.version === 2) return writeFileSync(join(this.memory, 'cgroup.kill'), '1');
    } catch {
      // A kernel before 5.14.
    }
    for (const pid of read(join(this.memory, 'cgroup.procs')).split('\n').filter(Boolean))
      killed(Number(pid));
  }

  /** Ends all that is in it and removes it. What does not end in time is left to the next sweep. */
  async remove(): Promise<void> {
    for (let waited = 0; waited < PATIENCE_MS; waited += PAUSE_MS) {
      this.kill();
      if (this.removeNow()) return;
      await sleep(PAUSE_MS);
    }
  }

  private removeNow(): boolean {
    return this.folders.map(isRemoved).every(Boolean);
  }
}

function limitSecond(folder: string, bytes: number): void {
  writeFileSync(join(folder, 'memory.max'), String(bytes));
  // All of it ends together: what is left of a server would not work.
  writeFileSync(join(folder, 'memory.oom.group'), '1');
  tryTo(() => writeFileSync(join(folder, 'memory.swap.max'), '0'));
}

function limitFirst(folder: string, bytes: number): void {
  writeFileSync(join(folder, 'memory.limit_in_bytes'), String(bytes));
  tryTo(() => writeFileSync(join(folder, 'memory.memsw.limit_in_bytes'), String(bytes)));
}

// Kernels count swap only where they were told to.
function tryTo(work: () => void): void {
  try {
    work();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['ENOENT', 'EACCES', 'EPERM', 'EOPNOTSUPP'].includes(code)) throw error;
  }
}

function killed(pid: number): void {
  try {
    // 0 is one that cannot be seen from here.
    if (pid > 0) process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

const count = (text: string, word: string): number =>
  Number(new RegExp(`^${word} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);

/** When a process began, in the kernel's ticks; its number alone is given out again. */
function startOf(pid: number): string {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
