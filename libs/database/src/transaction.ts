import { createHash } from 'node:crypto';
import type { PoolClient, QueryResult } from 'pg';
import type { SqlStatement } from './sql.js';

// In a transaction that failed: by itself, or because the statement that was to be prepared before it was not.
const FAILED_BEFORE = new Set(['25P02', '26000']);
const MOST_NAMES = 500;

/**
 * The names under which connections keep statements planned; the first texts have one, and no others. A name is of its
 * text, so that it stands for nothing else where a pooler lends one connection to several processes.
 */
export class StatementNames {
  private readonly names = new Map<string, string>();

  /** @param onlyKept whether only those have one whose plan may be kept whatever their values are */
  constructor(private readonly onlyKept = false) {}

  of({ text, isKept }: Pick<SqlStatement, 'text' | 'isKept'>): string | undefined {
    if (this.onlyKept && isKept !== true) return undefined;
    const known = this.names.get(text);
    if (known !== undefined || this.names.size >= MOST_NAMES) return known;
    const name = `belay_${createHash('sha256').update(text).digest('base64url').slice(0, 32)}`;
    this.names.set(text, name);
    return name;
  }
}

/** One open transaction under one role and identity: the only way to run a statement. */
export class Transaction {
  private failure: unknown;
  private isOver = false;

  constructor(
    private readonly client: Pick<PoolClient, 'query'>,
    /** Whose rows it sees. */
    readonly tenant: number,
    private readonly names?: StatementNames,
  ) {}

  /**
   * Ends it for whoever still holds it: the connection is another transaction's from now on, under another identity.
   */
  end(): void {
    this.isOver = true;
  }

  /** All rows, in the statement's order. */
  async many<Row extends object>(statement: SqlStatement): Promise<Row[]> {
    return (await this.send<Row>(statement)).rows;
  }

  /** The first row, or undefined where there is none. */
  async maybe<Row extends object>(statement: SqlStatement): Promise<Row | undefined> {
    const [row] = await this.many<Row>(statement);
    return row;
  }

  /** The first row; throws where there is none. */
  async one<Row extends object>(statement: SqlStatement): Promise<Row> {
    const row = await this.maybe<Row>(statement);
    if (row === undefined) throw new Error('a statement that must return a row returned none');
    return row;
  }

  /** Runs a statement; returns the number of rows that it touched. */
  async run(statement: SqlStatement): Promise<number> {
    return (await this.send(statement)).rowCount ?? 0;
  }

  // Of statements that were sent together, those after one that failed fail for its reason.
  private async send<Row extends object>(statement: SqlStatement): Promise<QueryResult<Row>> {
    if (this.isOver) throw new Error('a statement was sent after the end of its transaction');
    try {
      const { text, values } = statement;
      const name = this.names?.of(statement);
      return await this.client.query<Row>({ text, values: [...values], ...(name !== undefined && { name }) });
    } catch (error) {
      this.failure ??= error;
      throw FAILED_BEFORE.has((error as { code?: string }).code ?? '') ? this.failure : error;
    }
  }
}
