import { fileURLToPath } from 'node:url';
import { DomainError } from '@belay/errors';
import { Parser, type Reply } from './parser.js';
import { after, BEGINNING, type Part, type Resume } from './part.js';

const ENTRY = fileURLToPath(new URL('.', import.meta.url)).replace(/\/src\/$/, '/dist/') + 'parse-entry.js';
// How long a parser may go on without a result.
const TIMEOUT_MS = 60_000;
const IDLE_MS = 10_000;
const MOST_IDLE = 2;
const MOST_DOCUMENTS = 200;
// Starting a process takes longer than reading most texts. Plain text and Markdown have parsers that neither
// run nor unpack anything of a document, so theirs may read another one; every other format gets a new one.
const LEAVES_NOTHING = /\.(txt|md|markdown)$/i;

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
  const parser = (reusable ? takeIdle() : undefined) ?? new Parser(ENTRY);
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

function takeIdle(): Parser | undefined {
  const parser = idle.pop();
  parser?.hold(true);
  return parser?.isAlive ? parser : undefined;
}

// Waits a while for another text, and keeps nobody's process alive.
function keep(parser: Parser): void {
  if (!parser.isAlive || parser.read >= MOST_DOCUMENTS || idle.length >= MOST_IDLE) return parser.end();
  parser.hold(false);
  idle.push(parser);
  setTimeout(() => {
    const index = idle.indexOf(parser);
    if (index < 0) return;
    idle.splice(index, 1);
    parser.end();
  }, IDLE_MS).unref();
}
