import { describe } from '@jest/globals';
import { databases } from '@belay/testing/stack';
import { itHoldsTwoWalls, useWorld } from '@belay/testing/two-walls';
import { AccessService } from './access.service.js';
import { CollectionRepository } from './collection.repository.js';

describe.each(databases())('names on %s PostgreSQL', (kind) => {
  const collections = new CollectionRepository();
  const given = useWorld(kind);
  itHoldsTwoWalls('the list of collections', given, (database, { tenant }, person) =>
    database.transaction({ role: 'reader', tenant, person }, (tx) => collections.listReadable(tx)),
  );
  itHoldsTwoWalls('the list of folders', given, (database, { tenant }, person) =>
    database.transaction({ role: 'reader', tenant, person }, (tx) => collections.listReadableFolders(tx)),
  );
  itHoldsTwoWalls('a document named by its id', given, (database, { tenant, secret }, person) => {
    const actor = { tenant, person, name: 'x', displayName: 'X', roles: [], actions: null };
    return new AccessService(database).resolve(actor, secret.documentId);
  });
});
