import { describe, expect, it } from '@jest/globals';
import type { Transaction } from '@belay/database';
import { databases } from '@belay/testing/stack';
import { itHoldsTwoWalls, useWorld, withoutPolicies } from '@belay/testing/two-walls';
import { type Facet, FacetRepository } from './facet.repository.js';
import { findCandidates, type Legs, type VectorQuery } from './find-candidates.js';
import { RetrievalRepository } from './retrieval.repository.js';
import { type LexicalQuery, scoreWords } from './score-words.js';

// Hostile arguments on purpose: terms and chunk ids of what the person may not read.
describe.each(databases())('searching on %s PostgreSQL', (kind) => {
  const repository = new RetrievalRepository();
  const given = useWorld(kind);
  const TEXT = { mediaTypes: ['text/plain'] };
  const facet = (tx: Transaction, { scopeIds, termIds }: Arguments, name: Facet): Promise<unknown> =>
    new FacetRepository().count(tx, { facet: name, scopeIds, termIds, filter: TEXT, matchingOnly: false });

  type Arguments = {
    scopeIds: number[];
    chunkIds: number[];
    termIds: string[];
    lexical: LexicalQuery;
    vector: VectorQuery;
  };
  const candidates = (tx: Transaction, legs: Partial<Legs>, { scopeIds }: Arguments): Promise<unknown> =>
    findCandidates(tx, { scopeIds, lexical: null, vector: null, language: null, ...legs }, 10);
  const reads: Record<string, (tx: Transaction, a: Arguments) => Promise<unknown>> = {
    languages: (tx) => repository.readableLanguages(tx, undefined),
    'term statistics': (tx, a) => repository.termStatistics(tx, a.scopeIds, a.termIds),
    'the lexical leg': (tx, a) => candidates(tx, { lexical: a.lexical }, a),
    'the vector leg': (tx, a) => candidates(tx, { vector: a.vector }, a),
    'words ahead': (tx, a) => scoreWords(tx, a.lexical),
    'both legs': (tx, a) => candidates(tx, { lexical: a.lexical, vector: a.vector, language: 'xx' }, a),
    'vectors of sentences': (tx, a) => repository.sentenceVectors(tx, a.vector, a.chunkIds),
    'documents of chunks': (tx, a) => repository.documentsOf(tx, a.scopeIds, a.chunkIds),
    passages: (tx, a) => repository.passages(tx, a.scopeIds, a.chunkIds),
    'the filtered lexical leg': (tx, a) => candidates(tx, { lexical: { ...a.lexical, filter: TEXT } }, a),
    'the filtered vector leg': (tx, a) => candidates(tx, { vector: { ...a.vector, filter: TEXT } }, a),
    'the facet of collections': (tx, a) => facet(tx, a, 'collections'),
    'the facet of languages': (tx, a) => facet(tx, a, 'languages'),
  };

  for (const [name, read] of Object.entries(reads)) {
    itHoldsTwoWalls(name, given, (walls, { open, secret, tenant, ann, generationId }, person) => {
      const scopeIds = person === ann ? [open.scopeId, secret.scopeId] : [open.scopeId];
      const termIds = [open.termId, secret.termId];
      return walls.transaction({ role: 'reader', tenant, person }, (tx) =>
        read(tx, {
          scopeIds,
          termIds,
          chunkIds: [open.chunkId, secret.chunkId],
          lexical: {
            scopeIds,
            weights: termIds.map((termId, word) => ({ termId, word, idf: 1 })),
            averageLength: 5,
          },
          vector: { scopeIds, vector: Float32Array.of(1, 0, 0, 0), generationId },
        }),
      );
    });
  }

  it('law-1: a person finds the scopes that they may read and no other', async () => {
    const { database, world } = given();
    const scopesOf = (person: number) =>
      database.transaction({ role: 'reader', tenant: world.tenant, person }, (tx) =>
        repository.readableScopes(tx, undefined),
      );
    const { open, secret, ann, ben } = world;
    expect((await scopesOf(ben)).map((row) => row.scopeId)).toEqual([open.scopeId]);
    expect((await scopesOf(ann)).map((row) => row.scopeId)).toEqual([open.scopeId, secret.scopeId]);
  });

  it('law-1: every table of content has a policy that holds alone, and leaks without it', async () => {
    const { database, world } = given();
    const marks = [world.secret.scopeId, world.secret.collectionId].map(String);
    const identity = { tenant: world.tenant, person: world.ben };
    for (const table of world.contentTables) {
      const column = table === 'collection' ? 'collection_id' : 'scope_id';
      const leaks = async (removed: string[]): Promise<boolean> => {
        const rows = await withoutPolicies(database, identity, removed, (tx) =>
          tx.many<{ id: string }>({ text: `select ${column}::text as id from ${table}`, values: [] }),
        );
        return rows.some((row) => marks.includes(row.id));
      };
      expect({ table, kept: await leaks([]), removed: await leaks([table]) }).toEqual({
        table,
        kept: false,
        removed: true,
      });
    }
  });
});
