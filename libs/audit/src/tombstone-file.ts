import { createHash, type KeyObject, sign, verify } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '@belay/errors';

/** An answer is also a question that failed, or a conversation. */
export type TombstoneKind = 'document' | 'answer';

/** One deletion that must hold, whatever backup the database comes from. */
export interface Tombstone {
  readonly tenant: number;
  readonly kind: TombstoneKind;
  readonly id: string;
  readonly deletedAt: string;
}

type Line = Readonly<
  { tenant: number; deletedAt: string; previous: string } & Partial<Record<TombstoneKind, string>>
>;

const START = '0'.repeat(64);
const pathOf = (home: string): string => join(home, 'audit', 'tombstones');

/**
 * Deletions outside the database, in BELAY_HOME/audit: a line each, chained by SHA-256 and signed by the key of this
 * installation. A half-written last line, as a crash leaves it, is cut off; anything else that is wrong throws
 * `audit.broken`.
 */
export function readTombstones(home: string, publicKey: KeyObject): Tombstone[] {
  return readChain(home, publicKey).tombstones;
}

/** Adds deletions and returns when they are on disk. The one writer is the worker. */
export function appendTombstones(
  home: string,
  keys: { privateKey: KeyObject; publicKey: KeyObject },
  tombstones: readonly Tombstone[],
): void {
  if (tombstones.length === 0) return;
  const chain = readChain(home, keys.publicKey);
  let { previous } = chain;
  const lines = tombstones.map(({ tenant, kind, id, deletedAt }) => {
    const body = JSON.stringify({ tenant, [kind]: id, deletedAt, previous } satisfies Line);
    previous = createHash('sha256').update(body).digest('hex');
    return `${body}\t${sign(null, Buffer.from(body), keys.privateKey).toString('base64')}\n`;
  });
  const file = openSync(pathOf(home), existsSync(pathOf(home)) ? 'r+' : 'w', 0o600);
  try {
    ftruncateSync(file, chain.length);
    writeSync(file, lines.join(''), chain.length);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function readChain(
  home: string,
  key: KeyObject,
): { tombstones: Tombstone[]; previous: string; length: number } {
  const text = existsSync(pathOf(home)) ? readFileSync(pathOf(home), 'utf8') : '';
  const length = text.lastIndexOf('\n') + 1;
  let previous = START;
  const lines = text.slice(0, length).split('\n').slice(0, -1);
  const tombstones = lines.map((line, index): Tombstone => {
    const [body = '', signature = ''] = line.split('\t');
    const isSigned = verify(null, Buffer.from(body), key, Buffer.from(signature, 'base64'));
    const entry = isSigned ? (JSON.parse(body) as Line) : undefined;
    if (entry?.previous !== previous) throw broken(index + 1);
    previous = createHash('sha256').update(body).digest('hex');
    const { tenant, document, answer, deletedAt } = entry;
    return document === undefined
      ? { tenant, kind: 'answer', id: answer ?? '', deletedAt }
      : { tenant, kind: 'document', id: document, deletedAt };
  });
  return { tombstones, previous, length: Buffer.byteLength(text.slice(0, length)) };
}

function broken(line: number): DomainError {
  return new DomainError(
    'audit.broken',
    `Line ${line} of BELAY_HOME/audit/tombstones was altered or is not signed by this installation. ` +
      'Put back the copy of BELAY_HOME/audit that belongs to it: without it, deleted documents could come back.',
  );
}
