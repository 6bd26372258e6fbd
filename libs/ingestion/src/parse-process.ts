import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DomainError, type ErrorCode } from '@belay/errors';
import type { ParsedDocument } from './parse.js';

const ENTRY = fileURLToPath(new URL('.', import.meta.url)).replace(/\/src\/$/, '/dist/') + 'parse-entry.js';
const TIMEOUT_MS = 60_000;
const MEMORY_MB = 512;

interface Reply {
  parsed?: ParsedDocument;
  failure?: { code: ErrorCode; message: string };
}

/** Parses in a process of its own, without our environment, bounded in memory and time; errors as parseDocument. */
export function parseInProcess(
  bytes: Uint8Array,
  fileName: string,
  { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
): Promise<ParsedDocument> {
  return new Promise((resolve, reject) => {
    const child = fork(ENTRY, [], {
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${MEMORY_MB}`],
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const fail = (message: string): void => reject(new DomainError('documents.malformed', message));
    const timer = setTimeout(() => {
      fail(`Reading the document took longer than ${timeoutMs / 1000} seconds. Split it.`);
      child.kill('SIGKILL');
    }, timeoutMs);
    child.on('message', ({ parsed, failure }: Reply) => {
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
