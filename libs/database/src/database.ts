import { DomainError } from '@belay/errors';
import pg from 'pg';
import { sql, type SqlStatement } from './sql.js';
import { StatementNames, Transaction } from './transaction.js';

const INT8 = 20;
pg.types.setTypeParser(INT8, Number);

/** Who a statement runs for. `person` is a principal id; it is absent only for background work. */
export interface Identity {
  readonly tenant: number;
  readonly person?: number;
}

export interface TransactionOptions extends Identity {
  /** The database role of this transaction; `reader` alone may read content, under row-level security. */
  readonly role: 'api' | 'worker' | 'agent' | 'reader' | 'owner';
  /** True where nothing is going to be written; `reader` never writes. */
  readonly readOnly?: boolean;
  /** A statement that locks or reads, and writes nothing: it is sent with the opening, and `work` gets its row. */
  readonly lock?: SqlStatement;
}

/** Connection settings of a pool: a URL, or the socket folder of the embedded server. */
export interface Connection extends pg.PoolConfig {
  /**
   * Whether each connection keeps its statements planned, which halves the work of the server where few statements
   * come again and again: all, or those that say that they may be `kept`. Not where connections share a session: the
   * embedded server, a pooler of transactions.
   */
  readonly prepares?: boolean | 'kept';
}

// What a connection kept planned is gone, is another's, or no longer what it was: a new connection has none of it.
const STALE = new Set(['26000', '42P05', '0A000']);
const RETRYABLE = new Set(['40001', '40P01', ...STALE]);
const DISK_FULL = '53100';
const ATTEMPTS = 4;
const PATIENCE_S = 10;

/**
 * A pool that runs every statement inside a short transaction under a named role. Role and identity are set
 * with SET LOCAL, so that nothing survives on a pooled connection. `reader` transactions are read-only
 * snapshots (repeatable read) and need a person. Statements that are not awaited one by one are sent at once.
 */
export class Database {
  private readonly pool: pg.Pool;
  private readonly names: StatementNames | undefined;

  constructor({ prepares = false, ...connection }: Connection) {
    this.names = prepares ? new StatementNames(prepares === 'kept') : undefined;
    this.pool = new pg.Pool({ max: 8, connectionTimeoutMillis: 15_000, ...connection, pipeline: true });
    // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
    this.pool.on('error', () => undefined);
    // Nor may one that breaks while it is in use: its transaction fails, and nothing else.
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Runs `work` in one transaction and commits it; retries serialization failures and deadlocks. */
  async transaction<T, Row extends object = never>(
    options: TransactionOptions,
    work: (tx: Transaction, locked: Row | undefined) => Promise<T>,
  ): Promise<T> {
    if (options.role === 'reader' && options.person === undefined) {
      throw new DomainError('auth.required', 'Reading needs a person.');
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(options, work);
      } catch (error) {
        const { code = '' } = error as { code?: string };
        // Every connection may have kept what is stale by now. It was replaced by one that has nothing.
        const isStale = STALE.has(code);
        const most = isStale ? ATTEMPTS + this.pool.options.max : ATTEMPTS;
        if (attempt >= most || !RETRYABLE.has(code)) throw error;
        if (isStale) continue;
        await new Promise((resolve) => setTimeout(resolve, attempt * 15 * (1 + Math.random())));
      }
    }
  }

  /** True where this login could take rights that no service needs: those of the owner or of a superuser. */
  async loginIsTooBroad(tenant: number, role: 'api' | 'worker' | 'agent'): Promise<boolean> {
    return this.transaction({ role, tenant }, async (tx) => {
      const row = await tx.one<{ broad: boolean }>(sql`
        select rolsuper or pg_has_role(session_user, 'belay_owner', 'member') as broad
        from pg_roles where rolname = session_user`);
      return row.broad;
    });
  }

  private async attempt<T, Row extends object>(
    options: TransactionOptions,
    work: (tx: Transaction, locked: Row | undefined) => Promise<T>,
  ): Promise<T> {
    const client = await this.connect();
    const readsOnly = options.role === 'reader' || options.readOnly === true;
    const tx = new Transaction(client, options.tenant, this.names);
    try {
      const opened = sendTogether(client, opening(options));
      const locked = options.lock && tx.maybe<Row>(options.lock);
      locked?.catch(() => undefined); // awaited after the opening, which fails first
      // What reads is sent with its opening: if that fails, nothing of what was read leaves here.
      if (!readsOnly) await opened;
      const result = await work(tx, await locked).finally(() => tx.end());
      await opened;
      const ended = client.query('commit');
      // Nothing that was read depends on how its transaction ends, so nobody waits for that.
      if (readsOnly) void ended.then(() => client.release(), client.release);
      else await ended.then(refuseRollback).then(() => client.release());
      return result;
    } catch (error) {
      const { code = '' } = error as { code?: string };
      await client.query('rollback').then(() => client.release(STALE.has(code)), client.release);
      throw code === DISK_FULL ? full(error) : error;
    }
  }

  private async connect(): Promise<pg.PoolClient> {
    try {
      return await this.pool.connect();
    } catch (cause) {
      throw new DomainError('service.unavailable', 'The database does not answer. Try again in a moment.', {
        cause,
      });
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

const full = (cause: unknown): DomainError =>
  new DomainError(
    'storage.full',
    'The disk of the database is full. Nothing was changed; free space and try again.',
    {
      cause,
    },
  );

// PostgreSQL answers the commit of a transaction that failed with a rollback, and calls it no error.
function refuseRollback({ command }: { command: string }): void {
  if (command !== 'COMMIT') throw new Error('a statement of this transaction failed, and it was rolled back');
}

/** Sends a statement in one packet with those that follow it before anything else happens. */
function sendTogether(client: pg.PoolClient, text: string): Promise<unknown> {
  const { stream } = client.connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
  const sent = client.query(text);
  sent.catch(() => undefined); // whoever sent it awaits it later
  return sent;
}

// One simple-protocol message: values are numbers from our own code, checked here.
function opening({ role, tenant, person, readOnly }: TransactionOptions): string {
  const identity = [tenant, person ?? 0];
  if (!identity.every(Number.isSafeInteger)) throw new TypeError('tenant and person are integers');
  const isolation = role === 'reader' ? ' isolation level repeatable read' : '';
  const mode = `${isolation}${role === 'reader' || readOnly ? ' read only' : ''}`;
  const setPerson = person === undefined ? '' : `set local belay.person = '${person}';`;
  // A process that is stopped while it holds the row of a run would keep every other one from taking it over.
  const patience =
    role === 'agent' ? `set local idle_in_transaction_session_timeout = '${PATIENCE_S}s';` : '';
  // Somebody waits for most statements, and to compile one takes longer than to run it as it is.
  return `begin${mode}; set local role belay_${role}; set local belay.tenant = '${tenant}'; set local jit = off; ${setPerson}${patience}`;
}
