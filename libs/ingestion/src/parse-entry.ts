import { once } from 'node:events';
import { Socket } from 'node:net';
import { isDomainError } from '@belay/errors';
import { streamDocument } from './parse.js';
import type { Resume } from './part.js';

// The parser's own process: it reads requests from its input (a line of JSON, then the file's bytes), writes each
// part as a line to its descriptor 3, waiting where nobody takes them, and ends with its input.
interface Request {
  readonly fileName: string;
  readonly size: number;
  readonly from: Resume;
}

const out = new Socket({ fd: 3, readable: false, writable: true });
out.on('error', () => process.exit(1));

async function say(message: object): Promise<void> {
  if (!out.write(`${JSON.stringify(message)}\n`)) await once(out, 'drain');
}

async function answer({ fileName, from }: Request, bytes: Uint8Array): Promise<void> {
  try {
    for await (const part of streamDocument(bytes, fileName, from)) await say({ part });
    await say({ done: true });
  } catch (error) {
    const failure = isDomainError(error)
      ? { code: error.code, message: error.message }
      : { code: 'documents.malformed', message: 'The document cannot be read.' };
    await say({ failure });
  }
}

let waiting: Buffer[] = [];
let held = 0;
let request: Request | undefined;
let work = Promise.resolve();

function takeLine(): Request | undefined {
  const all = Buffer.concat(waiting);
  const end = all.indexOf('\n');
  waiting = end < 0 ? [all] : [all.subarray(end + 1)];
  held = waiting[0]?.length ?? 0;
  return end < 0 ? undefined : (JSON.parse(all.subarray(0, end).toString()) as Request);
}

process.stdin.on('data', (chunk: Buffer) => {
  waiting.push(chunk);
  held += chunk.length;
  request ??= takeLine();
  if (!request || held < request.size) return;
  const all = Buffer.concat(waiting);
  const complete = request;
  const bytes = all.subarray(0, complete.size);
  [request, waiting, held] = [undefined, [all.subarray(complete.size)], all.length - complete.size];
  work = work.then(() => answer(complete, bytes));
});
process.stdin.on('end', () => process.exit(0));
