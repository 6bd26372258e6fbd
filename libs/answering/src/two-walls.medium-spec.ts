import { beforeAll, describe } from '@jest/globals';
import { sql } from '@belay/database';
import { databases } from '@belay/testing/stack';
import { itHoldsTwoWalls, useWorld } from '@belay/testing/two-walls';
import { thresholdOf } from './calibration.service.js';

describe.each(databases())('thresholds of collections on %s PostgreSQL', (kind) => {
  const given = useWorld(kind);
  const walls = () => {
    const { database, world } = given();
    return { database, world: { ...world, contentTables: [...world.contentTables, 'answer_threshold'] } };
  };

  // The figure itself is the secret's mark: its digits are those of the scope that ben may not read.
  beforeAll(async () => {
    const { database, world } = given();
    const threshold = Number(`0.${world.secret.scopeId}`);
    await database.transaction({ role: 'owner', tenant: world.tenant }, (tx) =>
      tx.run(sql`insert into answer_threshold (tenant_id, collection_id, model_id, threshold, questions)
        values (${world.tenant}, ${world.secret.collectionId}, 'test', ${threshold}, 20)`),
    );
  });

  itHoldsTwoWalls('the threshold of a collection', walls, (database, { tenant, secret }, person) =>
    database.transaction({ role: 'reader', tenant, person }, (tx) =>
      thresholdOf(tx, secret.collection, 'test'),
    ),
  );
});
