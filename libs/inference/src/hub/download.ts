import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '@belay/errors';
import { type HubClient, Interrupted, refusal } from './hub-client.js';
import type { HubFile } from './hub-model.js';

/** One file to fetch. */
export interface Download extends HubFile {
  /** Its address below the hub. */
  readonly path: string;
  /** Where it goes; while it is incomplete, with `.part` behind it. */
  readonly target: string;
  /** How long it is waited before a broken connection is tried again; twice as long each time. */
  readonly pauseMs: number;
  /** More than this is refused whatever the hub says. */
  readonly limit: number;
  /** Told how many bytes are there, out of how many if that is known. */
  readonly progress: (done: number, total: number | undefined) => void;
}

const ATTEMPTS = 5;
const MOST_ATTEMPTS = 200;

/**
 * Fetches a file, going on where an earlier attempt stopped, in this run or a former one. Returns its SHA-256. A
 * connection that breaks is tried again; what is wrong with the content is refused and deleted.
 */
export async function download(client: HubClient, file: Download): Promise<string> {
  mkdirSync(dirname(file.target), { recursive: true, mode: 0o700 });
  if (!existsSync(file.target)) {
    await untilWhole(client, file);
    renameSync(partOf(file), file.target);
    rmSync(tagOf(file), { force: true });
  }
  const digest = await sha256Of(file.target);
  if (file.sha256 === undefined || digest === file.sha256) return digest;
  rmSync(file.target);
  throw refusal(`${file.name} has the SHA-256 ${digest} instead of ${file.sha256} as it lists`);
}

const partOf = ({ target }: Download): string => `${target}.part`;
const tagOf = ({ target }: Download): string => `${target}.etag`;
const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

async function untilWhole(client: HubClient, file: Download): Promise<void> {
  for (let failed = 0, all = 0; ; all += 1) {
    const before = sizeOf(partOf(file));
    try {
      return await goOn(client, file, before);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      failed = sizeOf(partOf(file)) > before ? 0 : failed + 1;
      if (failed >= ATTEMPTS || all >= MOST_ATTEMPTS)
        throw new DomainError(
          'service.unavailable',
          `${file.name} could not be fetched: ${error.message}. Pull again: it goes on where it stopped.`,
        );
      await sleep(file.pauseMs * 2 ** failed);
    }
  }
}

async function goOn(client: HubClient, file: Download, have: number): Promise<void> {
  const tag = existsSync(tagOf(file)) ? readFileSync(tagOf(file), 'utf8') : '';
  const resumes = have > 0 && (tag !== '' || file.sha256 !== undefined);
  const range = resumes ? { range: `bytes=${have}-`, ...(tag && { 'if-range': tag }) } : {};
  const reply = await client.get(file.path, range);
  const start = startOf(reply, file, resumes ? have : 0);
  const total = totalOf(reply, file, start);
  writeFileSync(tagOf(file), strongTag(reply.headers.etag), { mode: 0o600 });
  await append(reply, file, start, total);
  const there = sizeOf(partOf(file));
  if (total !== undefined && there < total)
    throw new Interrupted(`it ended after ${there} of ${total} bytes`);
}

// Weak tags do not promise the same bytes, so that nothing can be continued by them.
const strongTag = (tag: string | undefined): string => (tag && /^"[\x21-\x7e]{1,200}"$/.test(tag) ? tag : '');

/** From which byte on the answer goes: what is there is continued, or begun anew if the file is another one now. */
function startOf(reply: IncomingMessage, file: Download, have: number): number {
  const { statusCode: status } = reply;
  if (status === 200 && !isPage(reply)) return 0;
  if (status === 206 && contentRange(reply)?.start === have) return have;
  throw failureOf(reply, file);
}

function failureOf(reply: IncomingMessage, file: Download): Error {
  const { statusCode: status = 0 } = reply;
  reply.destroy();
  if (status === 206 || status === 416) rmSync(partOf(file), { force: true });
  if ([206, 416, 429].includes(status) || status >= 500) return new Interrupted(`the hub answers ${status}`);
  const given = isPage(reply) ? 'a web page' : String(status);
  return refusal(`it answers ${given} for ${file.name}, which it lists`);
}

const isPage = ({ headers }: IncomingMessage): boolean => /^text\/html/i.test(headers['content-type'] ?? '');

function contentRange(reply: IncomingMessage): { start: number; total: number | undefined } | undefined {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(reply.headers['content-range'] ?? '') ?? [];
  if (start === undefined) return undefined;
  return { start: Number(start), total: total === '*' ? undefined : Number(total) };
}

function totalOf(reply: IncomingMessage, file: Download, start: number): number | undefined {
  const length = reply.headers['content-length'];
  const said = contentRange(reply)?.total ?? (length === undefined ? undefined : start + Number(length));
  if (said !== undefined && said > file.limit) throw tooLarge(reply, file);
  if (said !== undefined && file.size !== undefined && said !== file.size)
    throw fatal(reply, `${file.name} has ${said} bytes instead of ${file.size} as it lists`);
  return file.size ?? said;
}

function fatal(reply: IncomingMessage, reason: string): DomainError {
  reply.destroy();
  return refusal(reason);
}

const tooLarge = (reply: IncomingMessage, { name, limit }: Download): DomainError =>
  fatal(reply, `${name} is larger than ${Math.floor(limit / 1e6)} MB`);

async function append(
  reply: IncomingMessage,
  file: Download,
  start: number,
  total: number | undefined,
): Promise<void> {
  let done = start;
  const most = Math.min(file.limit, total ?? file.limit);
  const counted = new Transform({
    transform(piece: Buffer, _, pass) {
      done += piece.length;
      if (done > most) return pass(refusal(`${file.name} does not end after ${most} bytes`));
      file.progress(done, total);
      pass(null, piece);
    },
  });
  try {
    await pipeline(
      reply,
      counted,
      createWriteStream(partOf(file), { flags: start ? 'a' : 'w', mode: 0o600 }),
    );
  } catch (error) {
    if (error instanceof DomainError) rmSync(partOf(file), { force: true });
    const { code } = error as { code?: string };
    // The disk's own failures are nobody's connection.
    if (error instanceof DomainError || ['ENOSPC', 'EACCES', 'EROFS', 'EDQUOT'].includes(code ?? ''))
      throw error;
    throw new Interrupted((error as Error).message);
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}
