import { createHash } from 'node:crypto';
import { CollectionRepository } from '@belay/access';
import { recordLeaf } from '@belay/audit';
import type { Stage } from '@belay/contracts';
import type { Transaction } from '@belay/database';
import { DocumentRepository } from './document.repository.js';
import { mediaTypeOf } from './media-type.js';
import type { Originals, PlacedOriginal } from './originals/originals.js';

const documents = new DocumentRepository();
const collections = new CollectionRepository();

/** A file on its way into a collection (an id), whose bytes are placed already. `path` is normalised. */
export interface IncomingDocument {
  readonly collection: string;
  readonly path: string;
  readonly title?: string | undefined;
  readonly bytes: number;
  readonly sha256: string;
  /** Who stores it, where they are told only of what they may read: whether something is there is nothing to be tried out. */
  readonly reader?: number;
  /** Gives a document permissions of its own, before the transaction ends and anybody can read what is new of it. */
  readonly protect?: ((id: string, isNew: boolean) => Promise<void>) | undefined;
}

export const fileName = (path: string): string => path.split('/').at(-1) ?? path;
export const pathKeyOf = (path: string): string => createHash('sha256').update(path).digest('hex');

/** Whether the newest version under this path has these bytes already, may be read by `person` and has not failed. */
export async function compareStored(
  tx: Transaction,
  person: number,
  { collection, path, sha256 }: Pick<IncomingDocument, 'collection' | 'path' | 'sha256'>,
): Promise<boolean> {
  const id = await documents.findByPath(tx, collection, pathKeyOf(path));
  if (id === undefined || !(await documents.isReadable(tx, person, id))) return false;
  return holds(await documents.latestVersion(tx, id), sha256);
}

const holds = (latest: { sha256: string; stage: Stage } | undefined, sha256: string): boolean =>
  latest?.sha256 === sha256 && latest.stage !== 'failed';

/** Stores a document and its new version with the leaf; without `placed`, or where nothing changed, no version. */
export async function storeDocument(
  tx: Transaction,
  actor: { tenant: number; person: number },
  incoming: IncomingDocument,
  original: { originals: Originals; placed: PlacedOriginal | undefined },
): Promise<{ id: string; versionId: string | undefined; stage: Stage; replaces: boolean }> {
  const { id, isBlind } = await place(tx, actor.person, incoming);
  const latest = await documents.latestVersion(tx, id);
  const { sha256 } = incoming;
  const unchanged = !isBlind && holds(latest, sha256);
  if (unchanged || !original.placed)
    return { id, versionId: undefined, stage: latest?.stage ?? 'parse', replaces: false };
  // Until the new bytes are read, which gives it the title that they carry.
  if (incoming.title === undefined) await documents.entitle(tx, id, fileName(incoming.path));
  const { placed, originals } = original;
  const version = { number: (latest?.number ?? 0) + 1, sha256, uploadedBy: actor.person };
  await documents.insertVersion(tx, id, version, placed);
  await originals.keep(tx, placed);
  await recordLeaf(tx, actor.tenant, {
    type: 'document.accept',
    actor: actor.person,
    resource: id,
    digests: { sha256 },
  });
  const replaces = !isBlind && latest !== undefined;
  return { id, versionId: placed.versionId, stage: 'parse', replaces };
}

async function place(
  tx: Transaction,
  person: number,
  incoming: IncomingDocument,
): Promise<{ id: string; isBlind: boolean }> {
  const { collection, path, title, reader } = incoming;
  const folder = await collections.ensureFolder(tx, collection, path.split('/').slice(0, -1).join('/'));
  const facts = {
    path,
    pathKey: pathKeyOf(path),
    title: title ?? fileName(path),
    mediaType: mediaTypeOf(path),
    bytes: incoming.bytes,
  };
  const known = await documents.findByPath(tx, collection, facts.pathKey);
  if (known) {
    await documents.touch(tx, known, facts);
    // Judged in this transaction: it may have come, or been restricted, since its bytes were compared.
    const isBlind = reader !== undefined && !(await documents.isReadable(tx, reader, known));
    if (title !== undefined) await documents.entitle(tx, known, title);
    await incoming.protect?.(known, false);
    return { id: known, isBlind };
  }
  const id = await documents.insert(tx, { collection, folder, uploadedBy: person, ...facts });
  await incoming.protect?.(id, true);
  return { id, isBlind: false };
}
