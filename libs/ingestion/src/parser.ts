import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { DomainError, type ErrorCode } from '@belay/errors';
import { type ControlGroup, MemoryWatch, newGroup } from '@belay/isolation';
import type { Part, Resume } from './part.js';
import {
  canBoundParsers,
  isolated,
  type Isolated,
  isolatedIn,
  MOST_BYTES,
  MOST_PROCESSES,
} from './sandbox.js';

const LONGEST_LINE = 16 * 2 ** 20;
const living = new Set<Parser>();

/** What a parser says. */
export interface Reply {
  readonly part?: Part;
  readonly done?: true;
  readonly failure?: { code: ErrorCode; message: string };
}

/** A parser process with a private folder and, where there may be one, a control group, which end with it. */
export class Parser {
  private readonly folder: string | undefined;
  private readonly group: ControlGroup | undefined;
  private readonly child: ChildProcess;
  private readonly lines: AsyncGenerator<string, void>;
  private readonly watch: MemoryWatch;
  private readonly closed: Promise<void>;
  private documents = 0;

  /** @param mostBytes of memory that it and all that it starts may hold together */
  constructor(
    script: string,
    private readonly mostBytes = MOST_BYTES,
  ) {
    ({ child: this.child, folder: this.folder, group: this.group } = started(script, mostBytes));
    living.add(this);
    this.watch = new MemoryWatch(
      { mostBytes, group: this.group },
      () => this.child.pid,
      () => this.end(),
    );
    this.closed = new Promise((resolve) => {
      const wipe = (): void => resolve(this.wipe());
      this.child.once('error', wipe).once('exit', wipe);
    });
    this.child.stdin?.on('error', () => undefined);
    this.lines = linesOf(this.child.stdio[3] as Readable);
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined;
  }

  /** Documents that it was given. */
  get read(): number {
    return this.documents;
  }

  send(bytes: Uint8Array, fileName: string, from: Resume): void {
    this.documents += 1;
    this.child.stdin?.write(`${JSON.stringify({ fileName, from, size: bytes.length })}\n`);
    this.child.stdin?.write(bytes);
  }

  /**
   * The next reply; undefined when the process ended without one. Throws `documents.too-large` where that or a failure
   * comes of the memory that it took.
   */
  async next(timeoutMs: number): Promise<Reply | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(tooLong(timeoutMs)), timeoutMs);
    });
    try {
      const line = await Promise.race([this.lines.next(), late]);
      const reply = line.done ? undefined : (JSON.parse(line.value) as Reply);
      // A tool of it that the kernel ended looks like one that cannot read the document.
      if ((!reply || reply.failure) && this.watch.hadTooMuch()) throw tooMuch(this.mostBytes);
      return reply;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it and all that it started. */
  end(): void {
    this.group?.kill();
    if (this.isAlive) this.killTogether();
  }

  /** The same; resolves when nothing of it is left. */
  async close(): Promise<void> {
    this.hold(true);
    this.end();
    await this.closed;
  }

  /** Whether it alone should keep this process running. */
  hold(isHeld: boolean): void {
    const method = isHeld ? 'ref' : 'unref';
    this.child[method]();
    for (const stream of [this.child.stdin, this.child.stdio[3]])
      (stream as unknown as { ref(): void; unref(): void })[method]();
  }

  private async wipe(): Promise<void> {
    // Nobody says so any more when the group is gone.
    this.watch.hadTooMuch();
    this.watch.stop();
    this.killTogether();
    await this.group?.remove();
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
    living.delete(this);
  }

  private killTogether(): void {
    try {
      if (this.child.pid !== undefined) process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // Nothing of it is there.
    }
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly folder: string | undefined;
  readonly group: ControlGroup | undefined;
}

/** Starts a script apart. Nothing that was made for it outlives a start that fails. */
function started(script: string, mostBytes: number): Started {
  const alone = isolated(script);
  const { uid } = alone.user;
  const group = canBoundParsers() ? newGroup({ bytes: mostBytes, tasks: MOST_PROCESSES }) : undefined;
  let folder: string | undefined;
  try {
    folder = alone.ownsFolder ? undefined : mkdtempSync(join(tmpdir(), 'belay-parser-'));
    if (folder && uid !== undefined) chownSync(folder, uid, uid);
    return { child: spawned(group ? isolatedIn(group, alone) : alone, folder), folder, group };
  } catch (error) {
    void group?.remove();
    if (folder) rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function spawned({ command, args, user }: Isolated, folder: string | undefined): ChildProcess {
  const home = folder ?? '/tmp';
  return spawn(command, args, {
    // In a group of its own, so that what it starts can be ended with it.
    detached: true,
    ...user,
    cwd: folder ?? '/',
    env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', OMP_THREAD_LIMIT: '1', TMPDIR: home, HOME: home },
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
  });
}

/** Ends all parsers of this process; resolves when nothing of them is left. */
export async function closeParsers(): Promise<void> {
  await Promise.all([...living].map((parser) => parser.close()));
}

const tooMuch = (bytes: number): DomainError =>
  new DomainError(
    'documents.too-large',
    `Reading the document takes more than ${Math.round(bytes / 2 ** 20)} MB of memory. Split it.`,
  );
const tooLong = (timeoutMs: number): DomainError =>
  new DomainError(
    'documents.malformed',
    `Reading the document took longer than ${timeoutMs / 1000} seconds. Split it.`,
  );

async function* linesOf(stream: Readable): AsyncGenerator<string, void> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield Buffer.concat([...parts, rest.subarray(0, end)]).toString();
      rest = rest.subarray(end + 1);
      [parts, length] = [[], 0];
    }
    parts.push(rest);
    length += rest.length;
    if (length > LONGEST_LINE) return;
  }
}
