import { CollectionRepository } from '@belay/access';
import { recordLeaf } from '@belay/audit';
import { sql, type Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import { DocumentRepository } from './document.repository.js';
import { pathKeyOf } from './store-document.js';

const documents = new DocumentRepository();
const collections = new CollectionRepository();

/** Gives a document another path in its collection; its own permissions stay. Throws `conflict`, `not-found`. */
export async function moveDocument(
  tx: Transaction,
  actor: { tenant: number; person: number },
  document: { id: string; collection: string },
  path: string,
): Promise<void> {
  const taken = await documents.findByPath(tx, document.collection, pathKeyOf(path));
  if (taken && taken !== document.id)
    throw new DomainError('conflict', 'There is a document of that path already.');
  const parent = path.split('/').slice(0, -1).join('/');
  const folder = await collections.ensureFolder(tx, document.collection, parent);
  const { moved } = await tx.one<{ moved: boolean }>(
    sql`select move_document(${document.id}, ${path}, ${pathKeyOf(path)}, ${folder}) as moved`,
  );
  if (!moved) throw new DomainError('not-found', 'There is no such document.');
  const payload = { what: 'document.move' };
  await recordLeaf(tx, actor.tenant, {
    type: 'permission.change',
    actor: actor.person,
    resource: document.id,
    payload,
  });
}
