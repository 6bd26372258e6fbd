import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { LogFile } from './log-file.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const STEADY_MS = 30_000;
const STOP_MS = 10_000;

/** One child that is kept running. */
export interface ServiceSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly log: string;
  /** Called with each complete line of standard output. */
  readonly onLine?: (line: string) => void;
  /** Called whenever a process of this service starts. */
  readonly onSpawn?: () => void;
}

/** How long to wait before start number `failures` + 1: half a second, doubling to fifteen. */
export function pauseAfter(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1));
}

/**
 * Keeps one child running. The child leads a process group of its own, so the terminal's Ctrl-C reaches only
 * the supervisor, and it holds the read end of a pipe from us: when we die, however we die, that pipe ends.
 */
export class Service {
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;
  private failures = 0;
  private readonly log: LogFile;

  constructor(private readonly spec: ServiceSpec) {
    this.log = new LogFile(spec.log);
  }

  get name(): string {
    return this.spec.name;
  }

  get logPath(): string {
    return this.spec.log;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** How many times in a row it ended soon after it started. */
  get crashes(): number {
    return this.failures;
  }

  start(): void {
    const { command, args, environment } = this.spec;
    const startedAt = Date.now();
    const child = spawn(command, [...args], {
      env: environment,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.child = child;
    child.stdin.on('error', () => undefined); // it may end before the pipe does
    child.stdout.on('data', (data: Buffer) => this.log.write(data));
    child.stderr.on('data', (data: Buffer) => this.log.write(data));
    this.readLines(child);
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => this.log.write(`${error.message}\n`));
      // What it started itself may outlive it and hold the data folder; the group ends before the next start.
      child.on('exit', () => void endGroup(child, STOP_MS));
      child.on('close', (code, signal) => {
        resolve();
        this.onClose(code ?? signal, Date.now() - startedAt);
      });
    });
    this.spec.onSpawn?.();
  }

  private readLines(child: ChildProcess): void {
    const { onLine } = this.spec;
    if (onLine === undefined || child.stdout === null) return;
    let rest = '';
    child.stdout.on('data', (data: Buffer) => {
      const lines = (rest + data.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(onLine);
    });
  }

  private onClose(how: number | string | null, lifetime: number): void {
    this.child = undefined;
    if (this.stopping) return;
    this.failures = lifetime >= STEADY_MS ? 1 : this.failures + 1;
    const pause = pauseAfter(this.failures);
    this.log.write(`supervisor: ${this.name} ended (${String(how)}); starting it again in ${pause} ms\n`);
    this.timer = setTimeout(() => this.start(), pause);
  }

  /** Ends the child: SIGTERM, then SIGKILL after ten seconds. It is not started again. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    const child = this.child;
    if (child !== undefined) {
      await endGroup(child, STOP_MS, this.ended);
      await Promise.race([this.ended, sleep(1000, undefined, { ref: false })]);
    }
  }

  /** Ends the child at once. */
  kill(): void {
    this.stopping = true;
    clearTimeout(this.timer);
    if (this.child !== undefined) signalGroup(this.child, 'SIGKILL');
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): boolean {
  if (child.pid === undefined) return false;
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false; // the group is gone
  }
}

async function endGroup(child: ChildProcess, limitMs: number, ended?: Promise<void>): Promise<void> {
  if (!signalGroup(child, 'SIGTERM')) return;
  const gone = ended ?? new Promise<void>((resolve) => child.once('close', () => resolve()));
  const limit = new AbortController();
  const late = sleep(limitMs, true, { signal: limit.signal }).catch(() => false);
  if ((await Promise.race([gone, late])) === true) signalGroup(child, 'SIGKILL');
  limit.abort();
}
