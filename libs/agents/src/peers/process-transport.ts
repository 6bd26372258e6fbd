import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { LineReader } from './line-reader.js';

/** How a server is started: `infoFd` is where bubblewrap says which process the first one inside is. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly infoFd?: number;
}

/** A message that certainly did not leave. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
}

const PATH = '/usr/local/bin:/usr/bin:/bin';
const GRACE_MS = 500;
const MOST_UNSENT_BYTES = 16 * 2 ** 20;

/**
 * MCP over the standard streams of a process that is trusted with nothing: a line is dropped with the process as soon
 * as it is longer than `largest`, what is no JSON is skipped, and closing ends everything that the process started.
 */
export class ProcessTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** Bytes that a line may have now. */
  largest = 2 ** 20;
  /** What the library takes standard streams by. */
  readonly stderr = null;
  /** Called for a line that is no message, and for one that is too long. */
  onnoise?: (kind: 'no-message' | 'too-long') => void;
  private child: ChildProcess | undefined;
  private readonly exited: Promise<void>;
  private exit: () => void = () => undefined;
  private inner: number | undefined;
  private hasEnded = false;

  constructor(private readonly launch: Launch) {
    this.exited = new Promise((resolve) => (this.exit = resolve));
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  /** The first process inside the sandbox, as this system counts processes; undefined while it is not known. */
  get innerPid(): number | undefined {
    return this.inner;
  }

  start(): Promise<void> {
    const { command, args, infoFd } = this.launch;
    // A group of its own, so that without a sandbox its children end with it too.
    const child = spawn(command, args, {
      env: { PATH },
      stdio: ['pipe', 'pipe', 'ignore', ...(infoFd === undefined ? [] : ['pipe' as const])],
      detached: true,
    });
    this.child = child;
    const { stdin, stdout } = child;
    stdin?.on('error', () => undefined);
    const reader = new LineReader();
    stdout?.on('data', (chunk: Buffer) => this.receive(reader, chunk));
    stdout?.on('error', () => undefined);
    if (infoFd !== undefined) this.readInner(child.stdio[infoFd] as Readable);
    child.on('exit', () => this.finish());
    return new Promise((resolve, reject) => {
      child.once('spawn', resolve);
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
    if (!this.child) return;
    this.child.stdin?.end();
    const timer = setTimeout(() => this.kill(), GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** The same without waiting for it to end by itself. */
  kill(): void {
    const { child } = this;
    if (!child?.pid || this.hasEnded) return;
    // The first process of a namespace takes all others of it along, and bubblewrap ends after it.
    signal(this.inner ?? -child.pid);
    if (this.inner !== undefined)
      setTimeout(() => this.hasEnded || signal(-(child.pid ?? 0)), GRACE_MS).unref();
  }

  private receive(reader: LineReader, chunk: Buffer): void {
    if (this.hasEnded) return;
    for (const line of reader.read(chunk, this.largest)) {
      const message = line === undefined ? undefined : parse(line);
      if (message) this.onmessage?.(message);
      else this.onnoise?.(line === undefined ? 'too-long' : 'no-message');
      if (line === undefined) return this.kill();
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
    // Without a sandbox, what it started may still be there.
    if (this.inner === undefined && this.child?.pid) signal(-this.child.pid);
    for (const stream of this.child?.stdio ?? []) stream?.destroy();
    this.exit();
    this.onclose?.();
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
