import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { DomainError, type ErrorCode } from '@belay/errors';
import { after, BEGINNING, type Part, type Resume } from './part.js';
import { isolated } from './sandbox.js';

const ENTRY = fileURLToPath(new URL('.', import.meta.url)).replace(/\/src\/$/, '/dist/') + 'parse-entry.js';
// How long a parser may go on without a result.
const TIMEOUT_MS = 60_000;
const IDLE_MS = 10_000;
const MOST_IDLE = 2;
const MOST_DOCUMENTS = 200;
const LONGEST_LINE = 16 * 2 ** 20;
// Starting a process takes longer than reading most texts. Plain text and Markdown have parsers that neither
// run nor unpack anything of a document, so theirs may read another one; every other format gets a new one.
const LEAVES_NOTHING = /\.(txt|md|markdown)$/i;

interface Reply {
  readonly part?: Part;
  readonly done?: true;
  readonly failure?: { code: ErrorCode; message: string };
}

/** A parser process with a private folder that is gone when it ends. */
class Parser {
  private readonly folder: string | undefined;
  private readonly child: ChildProcess;
  private readonly lines: AsyncGenerator<string, void>;
  private documents = 0;

  constructor() {
    const { command, args, ownsFolder, user } = isolated(ENTRY);
    this.folder = ownsFolder ? undefined : mkdtempSync(join(tmpdir(), 'belay-parser-'));
    if (this.folder && user.uid !== undefined) chownSync(this.folder, user.uid, user.uid);
    const home = this.folder ?? '/tmp';
    this.child = spawn(command, args, {
      // In a group of its own, so that what it starts can be ended with it.
      detached: true,
      ...user,
      cwd: this.folder ?? '/',
      env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', OMP_THREAD_LIMIT: '1', TMPDIR: home, HOME: home },
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    });
    this.child.on('error', () => undefined).on('close', () => this.wipe());
    this.child.stdin?.on('error', () => undefined);
    this.lines = linesOf(this.child.stdio[3] as Readable);
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined;
  }

  get mayReadAnother(): boolean {
    return this.isAlive && this.documents < MOST_DOCUMENTS;
  }

  send(bytes: Uint8Array, fileName: string, from: Resume): void {
    this.documents += 1;
    this.child.stdin?.write(`${JSON.stringify({ fileName, from, size: bytes.length })}\n`);
    this.child.stdin?.write(bytes);
  }

  /** The next reply; undefined when the process ended without one. */
  async next(timeoutMs: number): Promise<Reply | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(tooLong(timeoutMs)), timeoutMs);
    });
    try {
      const line = await Promise.race([this.lines.next(), late]);
      return line.done ? undefined : (JSON.parse(line.value) as Reply);
    } finally {
      clearTimeout(timer);
    }
  }

  end(): void {
    if (this.child.pid !== undefined && this.isAlive) process.kill(-this.child.pid, 'SIGKILL');
    this.wipe();
  }

  /** Whether it alone should keep this process running. */
  hold(isHeld: boolean): void {
    const method = isHeld ? 'ref' : 'unref';
    this.child[method]();
    for (const stream of [this.child.stdin, this.child.stdio[3]])
      (stream as unknown as { ref(): void; unref(): void })[method]();
  }

  private wipe(): void {
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
  }
}

const idle: Parser[] = [];

/**
 * Reads a document in another process, without our environment, files and network, bounded in memory and time. Parts
 * come one after another as they are asked for; errors as parseDocument. `from` leaves out those known already.
 */
export async function* parseInParts(
  bytes: Uint8Array,
  fileName: string,
  from: Resume = BEGINNING,
  { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
): AsyncGenerator<Part, void> {
  const reusable = LEAVES_NOTHING.test(fileName);
  const parser = (reusable ? takeIdle() : undefined) ?? new Parser();
  let isDone = false;
  try {
    parser.send(bytes, fileName, from);
    for (let at = from; !isDone;) {
      const part = take(await parser.next(timeoutMs), at);
      isDone = part === undefined;
      if (!part) break;
      yield part;
      at = after(part);
    }
  } finally {
    if (isDone && reusable) keep(parser);
    else parser.end();
  }
}

/** The part that a reply brings, undefined at the end; throws the refusal, and where the part is not the next one. */
function take(reply: Reply | undefined, at: Resume): Part | undefined {
  if (!reply) throw new DomainError('documents.too-large', ENDED);
  if (reply.failure) throw new DomainError(reply.failure.code, reply.failure.message);
  const { part } = reply;
  if (part && (part.ordinal !== at.ordinal || part.start !== at.offset)) throw new Error('parts in disorder');
  return part;
}

const ENDED = 'The parser ended without a result: the document needs too much memory or time. Split it.';
const tooLong = (timeoutMs: number): DomainError =>
  new DomainError(
    'documents.malformed',
    `Reading the document took longer than ${timeoutMs / 1000} seconds. Split it.`,
  );

function takeIdle(): Parser | undefined {
  const parser = idle.pop();
  parser?.hold(true);
  return parser?.isAlive ? parser : undefined;
}

// Waits a while for another text, and keeps nobody's process alive.
function keep(parser: Parser): void {
  if (!parser.mayReadAnother || idle.length >= MOST_IDLE) return parser.end();
  parser.hold(false);
  idle.push(parser);
  setTimeout(() => {
    const index = idle.indexOf(parser);
    if (index < 0) return;
    idle.splice(index, 1);
    parser.end();
  }, IDLE_MS).unref();
}

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
