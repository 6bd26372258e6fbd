import type { PoolClient, QueryResult } from 'pg';
import type { SqlStatement } from './sql.js';

const FAILED_BEFORE = '25P02';

/** One open transaction under one role and identity: the only way to run a statement. */
export class Transaction {
  private failure: unknown;
  private isOver = false;

  constructor(
    private readonly client: Pick<PoolClient, 'query'>,
    /** Whose rows it sees. */
    readonly tenant: number,
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
  private async send<Row extends object>({ text, values }: SqlStatement): Promise<QueryResult<Row>> {
    if (this.isOver) throw new Error('a statement was sent after the end of its transaction');
    try {
      return await this.client.query<Row>(text, [...values]);
    } catch (error) {
      this.failure ??= error;
      throw (error as { code?: string }).code === FAILED_BEFORE ? this.failure : error;
    }
  }
}
