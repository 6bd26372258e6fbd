import { type KeyObject, verify } from 'node:crypto';
import { type Database, sql } from '@belay/database';
import { isDomainError } from '@belay/errors';
import { leafHash, nodeHash } from './merkle-tree.js';
import { proveInclusion } from './prove-inclusion.js';

/** A leaf with its place in the tree that the newest checkpoint signs; `sequence` is null until it is ordered. */
export interface ProvenLeaf {
  readonly sequence: number | null;
  readonly size: number;
  readonly root: string;
  readonly path: readonly string[];
  readonly included: boolean;
}

/** RFC 9162 §2.1.3.2: the root that a leaf and its path lead to. */
export function rootFromPath(leaf: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer {
  let [hash, at, last] = [leaf, index, size - 1];
  for (const other of path) {
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(other, hash);
      while (at % 2 === 0 && at > 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      hash = nodeHash(hash, other);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return hash;
}

/** What a leaf says of itself; undefined where there is none. */
export async function leafHeader(
  database: Database,
  tenant: number,
  leafId: string,
): Promise<string | undefined> {
  const leaf = await database.transaction({ role: 'api', tenant }, (tx) =>
    tx.maybe<{ header: string }>(
      sql`select header from audit_leaf where tenant_id = ${tenant} and leaf_id = ${leafId}`,
    ),
  );
  return leaf?.header;
}

/** Proves that the newest signed checkpoint covers a leaf, by the header that it has now. */
export async function proveLeaf(
  database: Database,
  tenant: number,
  leaf: { readonly id: string; readonly header: string },
  key: KeyObject,
): Promise<ProvenLeaf> {
  const proof = await proveInclusion(database, tenant, leaf.id).catch((error: unknown) => {
    if (isDomainError(error, 'conflict')) return undefined;
    throw error;
  });
  if (!proof) return { sequence: null, size: 0, root: '', path: [], included: false };
  const { sequence, treeSize: size, path, checkpoint } = proof;
  const hashes = path.map((hash) => Buffer.from(hash, 'hex'));
  const root = rootFromPath(leafHash(Buffer.from(leaf.header)), sequence, size, hashes);
  return {
    sequence,
    size,
    root: root.toString('hex'),
    path,
    included: isSigned(checkpoint, size, root, key),
  };
}

function isSigned(note: string, size: number, root: Buffer, key: KeyObject): boolean {
  const [body = '', signature = ''] = note.split('\n\n');
  const [, signedSize, signedRoot] = body.split('\n');
  const bytes = Buffer.from(signature.trim().split(' ').at(-1) ?? '', 'base64');
  const isSame = Number(signedSize) === size && signedRoot === root.toString('base64');
  return isSame && verify(null, Buffer.from(`${body}\n`), key, bytes);
}
