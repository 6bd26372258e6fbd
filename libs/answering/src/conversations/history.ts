import { type Database, sql, type Transaction } from '@belay/database';
import { type QuoteRequest, readQuotes } from '@belay/documents';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import type { Antecedent } from './follow-up.js';
import { type Borrowed, type Reading, type ReadingPart, readParts, spanWithin } from './reading.js';
import { namesIn } from './wording.js';

interface Turn {
  readonly answerId: string;
  readonly question: string;
  readonly understood: ReadingPart[] | null;
}

/** Whoever erases questions of the person of this transaction, or stores what follows them, waits for one another. */
export function lockQuestions(tx: Transaction): Promise<number> {
  return tx.run(sql`select pg_advisory_xact_lock(7426, current_person())`);
}

/** A reading as it may be kept: without the words of questions that were erased since they were read. */
export async function withoutErased(
  tx: Transaction,
  reading: Reading,
  { answerId, isRead }: Antecedent,
): Promise<Reading> {
  const turn = await named(tx, answerId);
  return !turn || (isRead && turn.understood === null) ? { ...reading, parts: null } : reading;
}

/** What was asked before in a conversation, as far as it may be read now. */
export class History {
  constructor(private readonly database: Database) {}

  /** The turn that a question in this conversation follows: its newest, or the one that a replay names. */
  async antecedent(
    actor: SignedIn,
    { conversation, after }: { conversation?: string | undefined; after?: string | undefined },
  ): Promise<Antecedent | undefined> {
    if (conversation === undefined && after === undefined) return undefined;
    const { tenant, person } = actor;
    const turn = await this.database.transaction({ role: 'api', tenant, person }, async (tx) => {
      if (conversation !== undefined && after === undefined) await requireOwn(tx, conversation);
      return after === undefined ? newest(tx, conversation as string) : named(tx, after);
    });
    if (!turn) return undefined;
    const quotes = await this.database.transaction({ role: 'api', tenant, person }, (tx) =>
      quotesOf(tx, turn.answerId),
    );
    return this.database.transaction({ role: 'reader', tenant, person }, async (tx) => {
      const read = turn.understood === null ? undefined : await readParts(tx, turn.understood);
      const names = await namesOf(tx, quotes);
      return {
        answerId: turn.answerId,
        isRead: read !== undefined,
        text: read?.text ?? turn.question,
        borrowed: [...(read?.borrowed ?? []), ...names],
      };
    });
  }

  /** A stored reading under today's rights; null where it is the question itself or a word of it is withheld. */
  async reading(actor: SignedIn, parts: readonly ReadingPart[] | null): Promise<string | null> {
    if (parts === null) return null;
    const { tenant, person } = actor;
    const read = await this.database.transaction({ role: 'reader', tenant, person }, (tx) =>
      readParts(tx, parts),
    );
    return read?.text ?? null;
  }
}

/** Refuses a conversation that is not of the person of this transaction, like one that nobody has. */
export async function requireOwn(tx: Transaction, conversation: string): Promise<void> {
  const own = await tx.maybe(sql`select 1 as found from conversation
    where tenant_id = current_tenant() and person_id = current_person() and conversation_id = ${conversation}`);
  if (!own) throw new DomainError('not-found', 'You have no such conversation.');
}

const turns = sql`select a.answer_id as "answerId", p.question, p.understood
  from answer a join answer_payload p on p.tenant_id = a.tenant_id and p.answer_id = a.answer_id
  where a.tenant_id = current_tenant() and a.person_id = current_person()`;

const newest = (tx: Transaction, conversation: string): Promise<Turn | undefined> =>
  tx.maybe(
    sql`${turns} and a.conversation_id = ${conversation} order by a.created_at desc, a.answer_id limit 1`,
  );

const named = (tx: Transaction, answerId: string): Promise<Turn | undefined> =>
  tx.maybe(sql`${turns} and a.answer_id = ${answerId}`);

const quotesOf = (tx: Transaction, answerId: string): Promise<QuoteRequest[]> =>
  tx.many(sql`
    select document_id as "documentId", version_id as "versionId", start_offset as start, end_offset as "end", sha256
    from answer_citation where tenant_id = current_tenant() and answer_id = ${answerId} order by ordinal`);

// Names in quotes that may be read now; a quote that was revoked contributes nothing.
async function namesOf(tx: Transaction, quotes: readonly QuoteRequest[]): Promise<Borrowed[]> {
  if (quotes.length === 0) return [];
  const read = await readQuotes(tx, quotes);
  return quotes.flatMap((quote, index) =>
    namesIn(read[index]?.text ?? '').map(({ text, start }) => ({
      text,
      span: spanWithin(quote, start, text),
    })),
  );
}
