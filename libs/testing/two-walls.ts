/**
 * Takes each wall around content away in turn, to see that the other one holds and that without both there is a
 * leak. The walls: the scope predicate that a statement carries, and the policy on the table that it reads.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Database, migrate, sql, type SqlStatement, Transaction } from '@belay/database';
import { isDomainError } from '@belay/errors';
import { z } from 'zod';
import { type Stack, startStack } from './stack.mjs';

/** Tables with a `read_visible` policy; those of embedding generations are added by name. */
const CONTENT = [
  'document',
  'document_version',
  'document_original',
  'document_part',
  'chunk',
  'posting',
  'term_scope',
  'scope_language',
  'scope',
  'collection',
] as const;

interface Place {
  readonly documentId: string;
  readonly versionId: string;
  readonly chunkId: number;
  readonly scopeId: number;
  readonly termId: string;
  readonly collectionId: string;
  readonly collection: string;
}

/** Two documents that ann may read, one of which ben may not. All marks of that one are unlike anything else. */
export interface World {
  readonly tenant: number;
  readonly ann: number;
  readonly ben: number;
  readonly open: Place;
  readonly secret: Place;
  readonly generationId: number;
  readonly contentTables: readonly string[];
}

const uuid = (digit: string): string => `${digit.repeat(8)}-0000-4000-8000-${digit.repeat(12)}`;
const place = (collection: string, digit: string): Place => ({
  documentId: uuid(digit),
  versionId: uuid(digit).replace('-0000-', '-1111-'),
  collectionId: uuid(digit).replace('-0000-', '-2222-'),
  chunkId: Number(`90${digit.repeat(7)}`),
  scopeId: Number(`80${digit.repeat(7)}`),
  termId: `70${digit.repeat(12)}`,
  collection,
});

/** A migrated database with the world in it, for the specs of one `describe`. */
export function useWorld(kind: 'embedded' | 'native'): () => { database: Database; world: World } {
  let stack: Stack;
  let given: { database: Database; world: World } | undefined;
  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    const database = new Database(stack.connection);
    given = { database, world: await fillWorld(database) };
  }, 120_000);
  afterAll(async () => {
    await given?.database.close();
    await stack?.stop();
  }, 60_000);
  return () => {
    if (!given) throw new Error('the world is made before the first test');
    return given;
  };
}

// Vectors have four dimensions.
function fillWorld(database: Database): Promise<World> {
  const tenant = 1;
  return database.transaction({ role: 'owner', tenant }, async (tx) => {
    const person = async (name: string): Promise<number> =>
      (
        await tx.one<{ id: number }>(sql`insert into principal (tenant_id, kind, name, display_name)
          values (${tenant}, 'person', ${name}, ${name}) returning principal_id as id`)
      ).id;
    const ann = await person('ann');
    const ben = await person('ben');
    const { id: generationId } = await tx.one<{ id: number }>(
      sql`select create_embedding_generation('test', 'test', 4) as id`,
    );
    const open = place('open', '4');
    const secret = place('vault-kestrel', '6');
    await fillPlace(tx, open, { owner: ann, readers: [ann, ben], generationId, language: 'en' });
    await fillPlace(tx, secret, { owner: ann, readers: [ann], generationId, language: 'zz' });
    const contentTables = [...CONTENT, `embedding_${generationId}`];
    return { tenant, ann, ben, open, secret, generationId, contentTables };
  });
}

async function fillPlace(
  tx: Transaction,
  at: Place,
  is: { owner: number; readers: number[]; generationId: number; language: string },
): Promise<void> {
  const body = `The word is ${at.collection}.`;
  await tx.run(sql`insert into collection (tenant_id, collection_id, name, title, owner_id)
    values (1, ${at.collectionId}, ${at.collection}, ${at.collection}, ${is.owner})`);
  await tx.run(sql`insert into scope (tenant_id, scope_id, kind, collection_id, path)
    overriding system value values (1, ${at.scopeId}, 'folder', ${at.collectionId}, ${at.collection})`);
  for (const reader of is.readers) {
    await tx.run(sql`insert into access_grant (tenant_id, scope_id, principal_id, effect)
      values (1, ${at.scopeId}, ${reader}, 'allow')`);
  }
  await tx.run(sql`insert into document (tenant_id, document_id, collection_id, folder_id, scope_id, path, path_key,
      title, media_type, byte_size, current_version_id, uploaded_by)
    values (1, ${at.documentId}, ${at.collectionId}, ${at.scopeId}, ${at.scopeId}, ${at.collection},
      ${at.collection}, ${at.collection}, 'text/plain', 10, ${at.versionId}, ${is.owner})`);
  await tx.run(sql`insert into document_version (tenant_id, version_id, document_id, scope_id, number,
      content_sha256, stage, language, uploaded_by)
    values (1, ${at.versionId}, ${at.documentId}, ${at.scopeId}, 1, ${at.collection}, 'ready', ${is.language},
      ${is.owner})`);
  await tx.run(sql`insert into document_part (tenant_id, version_id, document_id, scope_id, ordinal, start_offset,
      end_offset, body, language, headings, path, first_page, boxes, indexed)
    values (1, ${at.versionId}, ${at.documentId}, ${at.scopeId}, 0, 0, ${body.length}, ${body}, ${is.language},
      '[]', '[]', 0, '[]', true)`);
  await tx.run(sql`insert into document_original (tenant_id, version_id, document_id, scope_id, bytes)
    values (1, ${at.versionId}, ${at.documentId}, ${at.scopeId}, ${Buffer.from(body)})`);
  await tx.run(sql`insert into chunk (tenant_id, chunk_id, document_id, version_id, scope_id, ordinal,
      start_offset, end_offset, heading, language, token_count, body)
    overriding system value
    values (1, ${at.chunkId}, ${at.documentId}, ${at.versionId}, ${at.scopeId}, 0, 0, ${body.length},
      '{}', ${is.language}, 5, ${body})`);
  await tx.run(sql`insert into posting (tenant_id, term_id, scope_id, chunk_id, frequency, chunk_length)
    values (1, ${at.termId}, ${at.scopeId}, ${at.chunkId}, 1, 5)`);
  await tx.run(sql`insert into ${sql.identifier(`embedding_${is.generationId}`)}
    (tenant_id, chunk_id, document_id, scope_id, vector, sentences)
    values (1, ${at.chunkId}, ${at.documentId}, ${at.scopeId}, '[1,0,0,0]', '\\x7f000000')`);
}

/** What is taken away: the predicates of all statements, the policies of the named tables. */
interface Removed {
  readonly predicates: boolean;
  readonly policies: readonly string[];
}

const PREDICATE = /(?:\w+\.)?scope_id in \(select r\.scope_id from readable_scopes\(\) r\)/g;
const LISTED = /(?:\w+\.)?scope_id = any \((\$\d+)::int\[\]\)/g;
// They read no content: the person's scopes are the predicate itself, a generation is a model's name.
const EXEMPT = /\bas "tokenCount"\s+from readable_scopes\(\)|from embedding_generation/;

/** Whether a statement carries a scope predicate of its own, or reads nothing that needs one. */
export const isGuarded = (text: string): boolean =>
  new RegExp(`${PREDICATE.source}|${LISTED.source}`).test(text) || EXEMPT.test(text);

function unguarded({ text, values }: SqlStatement): SqlStatement {
  if (!isGuarded(text)) throw new Error(`a statement carries no scope predicate: ${text}`);
  return { text: text.replace(PREDICATE, 'true').replace(LISTED, '$1::int[] is not null'), values };
}

class Recorder extends Transaction {
  constructor(
    private readonly inner: Transaction,
    private readonly rows: object[],
    private readonly strip: boolean,
  ) {
    super(undefined as never, inner.tenant);
  }

  override async many<Row extends object>(statement: SqlStatement): Promise<Row[]> {
    const rows = await this.inner.many<Row>(this.strip ? unguarded(statement) : statement);
    this.rows.push(...rows);
    return rows;
  }
}

class RollBack extends Error {
  constructor(readonly result: unknown) {
    super('rolled back');
  }
}

/** Runs `work` as a reader while the policies of some tables let everything through; then takes all back. */
export async function withoutPolicies<T>(
  database: Database,
  identity: { tenant: number; person?: number },
  tables: readonly string[],
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  try {
    return await database.transaction({ ...identity, role: 'owner' }, async (tx) => {
      for (const table of tables) {
        await tx.run({ text: `alter policy read_visible on ${table} using (true)`, values: [] });
      }
      await tx.run({ text: 'set local role belay_reader', values: [] });
      throw new RollBack(await work(tx));
    });
  } catch (error) {
    if (error instanceof RollBack) return error.result as T;
    throw error;
  }
}

/** A database whose reader transactions run with walls removed and note every row. */
function without(database: Database, { predicates, policies }: Removed, rows: object[]): Database {
  const transaction: Database['transaction'] = (options, work) =>
    options.role === 'reader'
      ? withoutPolicies(database, options, policies, (tx) =>
          work(new Recorder(tx, rows, predicates), undefined),
        )
      : database.transaction(options, work);
  return { transaction } as Database;
}

type Read = (database: Database, world: World, person: number) => Promise<unknown>;

async function showsSecret(
  read: Read,
  { database, world }: { database: Database; world: World },
  person: number,
  removed: Removed,
): Promise<boolean> {
  const rows: object[] = [];
  try {
    await read(without(database, removed, rows), world, person);
  } catch (error) {
    // What a service makes of too many or too few rows is not the question; a statement that fails is.
    if (!isDomainError(error)) throw error;
  }
  const { secret } = world;
  const marks = [...Object.values(secret).map(String), 'zz'];
  const shown = JSON.stringify(rows, (_, value: unknown) => {
    const bytes = Packed.safeParse(value);
    return bytes.success ? said(Buffer.from(bytes.data.data)) : value;
  });
  return marks.some((mark) => shown.includes(mark));
}

// As JSON has a buffer.
const Packed = z.object({ type: z.literal('Buffer'), data: z.array(z.number()) });

/** What bytes say as text, and as numbers of eight bytes each, as ids are packed. */
function said(bytes: Buffer): string[] {
  const numbers = Array.from({ length: Math.floor(bytes.length / 8) }, (_, at) =>
    bytes.readBigInt64BE(at * 8),
  );
  return [bytes.toString(), ...numbers.map(String)];
}

/** Declares the test of one read of content: permitted, both walls, each wall alone, none. */
export function itHoldsTwoWalls(
  name: string,
  given: () => { database: Database; world: World },
  read: Read,
): void {
  it(`law-1: two walls around ${name}`, async () => {
    const { world } = given();
    const all = world.contentTables;
    const shows = (person: number, removed: Removed): Promise<boolean> =>
      showsSecret(read, given(), person, removed);
    expect({
      permitted: await shows(world.ann, { predicates: false, policies: [] }),
      bothWalls: await shows(world.ben, { predicates: false, policies: [] }),
      predicatesOnly: await shows(world.ben, { predicates: false, policies: all }),
      policiesOnly: await shows(world.ben, { predicates: true, policies: [] }),
      none: await shows(world.ben, { predicates: true, policies: all }),
    }).toEqual({ permitted: true, bothWalls: false, predicatesOnly: false, policiesOnly: false, none: true });
  });
}
