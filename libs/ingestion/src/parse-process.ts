import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DomainError, type ErrorCode } from '@belay/errors';
import type { ParsedDocument } from './parse.js';

const ENTRY = fileURLToPath(new URL('.', import.meta.url)).replace(/\/src\/$/, '/dist/') + 'parse-entry.js';
const TIMEOUT_MS = 60_000;
const MEMORY_MB = 512;
const IDLE_MS = 10_000;
const MOST_IDLE = 2;
// Starting a process takes longer than reading most texts. Plain text and Markdown have parsers that neither
// run nor unpack anything of a document, so theirs may read another one; every other format gets a new one.
const LEAVES_NOTHING = /\.(txt|md|markdown)$/i;

interface Reply {
  parsed?: ParsedDocument;
  failure?: { code: ErrorCode; message: string };
}

const idle: ChildProcess[] = [];

/** Parses in another process, without our environment, bounded in memory and time; errors as parseDocument. */
export function parseInProcess(
  bytes: Uint8Array,
  fileName: string,
  { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
): Promise<ParsedDocument> {
  const reusable = LEAVES_NOTHING.test(fileName);
  const child = (reusable ? takeIdle() : undefined) ?? startParser();
  return new Promise<ParsedDocument>((resolve, reject) => {
    const fail = (message: string): void => reject(new DomainError('documents.malformed', message));
    const timer = setTimeout(() => {
      fail(`Reading the document took longer than ${timeoutMs / 1000} seconds. Split it.`);
      child.kill('SIGKILL');
    }, timeoutMs);
    child.removeAllListeners();
    child.on('message', ({ parsed, failure }: Reply) => {
      clearTimeout(timer);
      if (parsed && reusable) keep(child);
      else child.disconnect();
      if (parsed) resolve(parsed);
      else if (failure) reject(new DomainError(failure.code, failure.message));
    });
    child.on('error', () => {
      clearTimeout(timer);
      fail('The parser could not be started. Retry; if it fails again, tell the operator.');
    });
    // 'close' follows the last message; 'exit' may overtake it.
    child.on('close', () => {
      clearTimeout(timer);
      fail('The parser ended without a result: the document needs too much memory. Split it.');
    });
    child.send({ bytes, fileName }, () => undefined);
  });
}

function takeIdle(): ChildProcess | undefined {
  const child = idle.pop();
  child?.ref();
  child?.channel?.ref();
  return child?.connected ? child : undefined;
}

function startParser(): ChildProcess {
  return fork(ENTRY, [], {
    serialization: 'advanced',
    execArgv: [`--max-old-space-size=${MEMORY_MB}`],
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

// Waits a while for another text. It keeps nobody's process alive, and ends with its own channel.
function keep(child: ChildProcess): void {
  const drop = (): void => {
    clearTimeout(timer);
    const index = idle.indexOf(child);
    if (index >= 0) idle.splice(index, 1);
    if (index >= 0 && child.connected) child.disconnect();
  };
  const timer = setTimeout(drop, IDLE_MS).unref();
  child.removeAllListeners();
  child.on('error', drop).on('close', drop);
  if (idle.length >= MOST_IDLE) return void child.disconnect();
  child.unref();
  child.channel?.unref();
  idle.push(child);
}
