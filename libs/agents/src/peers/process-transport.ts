import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { isDeeperThan } from '@belay/contracts';
import { type MemoryBound, MemoryWatch } from '@belay/isolation';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { LineReader } from './line-reader.js';
import { NotSentError } from './not-sent-error.js';

/** How a server is started. */
export interface Launch extends MemoryBound {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Where bubblewrap says which process the first one inside is. */
  readonly infoFd?: number;
  /** What it reads from further descriptors. */
  readonly given?: Readonly<Record<number, Buffer>>;
  /** Why nothing more may be written into its folders, if so. */
  readonly overfull?: () => Promise<string | undefined>;
  /** Called when it has ended. */
  readonly release?: () => Promise<void>;
}

/** Why a process was ended by us. */
export type Excess = 'too-long' | 'memory' | 'folders' | 'unreadable';

const PATH = '/usr/local/bin:/usr/bin:/bin';
const GRACE_MS = 500;
// Between two looks at its folders, and how many times longer than a look takes.
const ROOM_MS = 500;
const ROOM_SHARE = 10;
const MOST_UNSENT_BYTES = 16 * 2 ** 20;
// Far below what the stack holds; what is too deep for a contract is said by those who read it.
const MOST_DEPTH = 20_000;

/**
 * MCP over the standard streams of a process that is trusted with nothing: it is ended as soon as a line is longer than
 * `largest`, cannot be read as a message, or it takes more memory than it may, what is no JSON is skipped, and closing
 * ends everything that it started.
 */
export class ProcessTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** Called with the bytes of each line, before it is read as a message. */
  onbytes?: (bytes: number) => void;
  onexcess?: (excess: Excess) => void;
  /** Bytes that a line may have now. */
  largest = 2 ** 20;
  /** What the library takes standard streams by. */
  readonly stderr = null;
  private child: ChildProcess | undefined;
  private readonly exited: Promise<void>;
  private exit: () => void = () => undefined;
  private inner: number | undefined;
  private hasEnded = false;
  /** From then on nothing is taken of what it still says. */
  private isCutOff = false;
  private released: Promise<void> | undefined;
  private watch: MemoryWatch | undefined;

  constructor(private readonly launch: Launch) {
    this.exited = new Promise((resolve) => (this.exit = resolve));
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  start(): Promise<void> {
    if (this.hasEnded)
      return Promise.reject(new NotSentError('The process was ended before it was started.'));
    const { command, args, infoFd, given = {}, environment = {} } = this.launch;
    const fds = [0, ...Object.keys(given).map(Number), infoFd ?? 0];
    const stdio = Array.from({ length: Math.max(...fds) + 1 }, (_, fd) =>
      fds.includes(fd) ? 'pipe' : 'ignore',
    );
    stdio[1] = 'pipe';
    stdio[2] = 'ignore';
    // A group of its own, so that without a sandbox its children end with it too.
    const options = { env: { PATH, ...environment }, stdio: stdio as StdioOptions, detached: true };
    const child = spawn(command, args, options);
    this.child = child;
    child.stdin?.on('error', () => undefined);
    const reader = new LineReader();
    child.stdout?.on('data', (chunk: Buffer) => this.receive(reader, chunk));
    child.stdout?.on('error', () => undefined);
    if (infoFd !== undefined) this.readInner(child.stdio[infoFd] as Readable);
    for (const [fd, bytes] of Object.entries(given)) {
      const pipe = child.stdio[Number(fd)] as Writable;
      pipe.on('error', () => undefined).end(bytes);
    }
    child.on('exit', () => this.finish());
    return new Promise((resolve, reject) => {
      child.once('spawn', () => {
        this.watch = new MemoryWatch(
          this.launch,
          () => this.inner ?? child.pid,
          () => this.endForMemory(),
        );
        this.lookLater(ROOM_MS);
        resolve();
      });
      child.once('error', (error) => {
        this.finish();
        reject(error);
      });
    });
  }

  /** Resolves when the message is handed to the system; throws NotSentError when it certainly is not. */
  send(message: JSONRPCMessage): Promise<void> {
    const stdin: Writable | null | undefined = this.child?.stdin;
    if (!stdin || this.hasEnded || !stdin.writable)
      return Promise.reject(new NotSentError('The process has ended.'));
    if (stdin.writableLength > MOST_UNSENT_BYTES)
      return Promise.reject(new NotSentError('The process does not read.'));
    return new Promise((resolve) => void stdin.write(`${JSON.stringify(message)}\n`, () => resolve()));
  }

  /** Ends the process and all that it started; resolves when nothing of it is left. */
  async close(): Promise<void> {
    if (!this.child) return this.finish();
    this.child.stdin?.end();
    const timer = setTimeout(() => this.kill(), GRACE_MS);
    await this.exited;
    clearTimeout(timer);
    await this.released;
  }

  /** The same without waiting for it to end by itself. */
  kill(): void {
    const { child } = this;
    if (!child?.pid || this.hasEnded) return;
    this.isCutOff = true;
    this.launch.group?.kill();
    // The first process of a namespace takes all others of it along, and bubblewrap ends after it.
    signal(this.inner ?? -child.pid);
    if (this.inner !== undefined)
      setTimeout(() => this.hasEnded || signal(-(child.pid ?? 0)), GRACE_MS).unref();
  }

  private endForMemory(): void {
    this.onexcess?.('memory');
    this.kill();
  }

  private lookLater(pause: number): void {
    const { overfull } = this.launch;
    if (overfull && !this.hasEnded) setTimeout(() => void this.look(overfull), pause).unref();
  }

  private async look(overfull: () => Promise<string | undefined>): Promise<void> {
    const began = performance.now();
    // What cannot be looked at is looked at again.
    const why = await overfull().catch(() => undefined);
    if (this.hasEnded) return;
    if (why === undefined) return this.lookLater(Math.max(ROOM_MS, ROOM_SHARE * (performance.now() - began)));
    this.onexcess?.('folders');
    this.kill();
  }

  private receive(reader: LineReader, chunk: Buffer): void {
    if (this.isCutOff || this.hasEnded) return;
    for (const line of reader.read(chunk, this.largest)) {
      if (line === undefined) {
        this.onexcess?.('too-long');
        return this.kill();
      }
      this.onbytes?.(line.length);
      const message = parse(line);
      if (message && !this.deliver(message)) return;
    }
  }

  // What cannot be read, such as what is nested without end, ends the server that sent it and nothing else.
  private deliver(message: JSONRPCMessage): boolean {
    try {
      if (isDeeperThan(message, MOST_DEPTH)) throw new RangeError('nested without end');
      this.onmessage?.(message);
      return true;
    } catch {
      this.onexcess?.('unreadable');
      this.kill();
      return false;
    }
  }

  private readInner(info: Readable): void {
    let text = '';
    info.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const [, pid] = /"child-pid":\s*(\d+)/.exec(text) ?? [];
      if (pid !== undefined) this.inner = Number(pid);
    });
    info.on('error', () => undefined);
  }

  private finish(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.watch?.stop();
    if (this.watch?.hadTooMuch()) this.onexcess?.('memory');
    if (this.child) this.clearUp(this.child);
    this.released = this.launch.release?.().catch(() => undefined);
    this.exit();
    this.onclose?.();
  }

  private clearUp({ pid, stdio }: ChildProcess): void {
    // Without a sandbox, what it started may still be there.
    if (this.inner === undefined && pid) signal(-pid);
    for (const stream of stdio) stream?.destroy();
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

function parse(line: string): JSONRPCMessage | undefined {
  try {
    const message = JSON.parse(line) as unknown;
    return typeof message === 'object' && message !== null && !Array.isArray(message)
      ? (message as JSONRPCMessage)
      : undefined;
  } catch {
    return undefined;
  }
}
