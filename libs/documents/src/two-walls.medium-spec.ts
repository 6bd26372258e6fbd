import { createHash } from 'node:crypto';
import { describe } from '@jest/globals';
import type { Transaction } from '@belay/database';
import { databases } from '@belay/testing/stack';
import { itHoldsTwoWalls, useWorld, type World } from '@belay/testing/two-walls';
import { DocumentRepository } from './document.repository.js';
import { readBoxes } from './read-boxes.js';
import { readQuotes, readTitles } from './read-quotes.js';

describe.each(databases())('reading documents on %s PostgreSQL', (kind) => {
  const documents = new DocumentRepository();
  const given = useWorld(kind);
  const reads: Record<string, (tx: Transaction, secret: World['secret']) => Promise<unknown>> = {
    'the list of documents': (tx) => documents.listReadable(tx, null, 100),
    'the list of one collection': (tx, secret) => documents.listReadable(tx, secret.collectionId, 100),
    'one document': (tx, secret) => documents.findReadable(tx, secret.documentId),
    'the text of a document': (tx, secret) => documents.findContent(tx, secret.documentId, undefined),
    'the text of a named version': (tx, secret) =>
      documents.findContent(tx, secret.documentId, secret.versionId),
    'the original': (tx, secret) => documents.findOriginal(tx, secret.documentId, undefined),
    'a quote that is read again': (tx, { documentId, versionId }) => {
      const sha256 = createHash('sha256').update('The').digest('hex');
      return readQuotes(tx, [{ documentId, versionId, start: 0, end: 3, sha256 }]);
    },
    'the places of a passage': (tx, { documentId, versionId }) =>
      readBoxes(tx, { documentId, versionId, start: 0, end: 3 }),
    'titles of versions': async (tx, { versionId }) => [...(await readTitles(tx, [versionId]))],
  };
  for (const [name, read] of Object.entries(reads)) {
    itHoldsTwoWalls(name, given, (database, { tenant, secret }, person) =>
      database.transaction({ role: 'reader', tenant, person }, (tx) => read(tx, secret)),
    );
  }
});
