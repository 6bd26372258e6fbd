import type { PoolClient } from 'pg';
import type { SqlStatement } from './sql.js';

/** One open transaction under one role and identity: the only way to run a statement. */
export class Transaction {
  constructor(private readonly client: Pick<PoolClient, 'query'>) {}

  /** All rows, in the statement's order. */
  async many<Row extends object>(statement: SqlStatement): Promise<Row[]> {
    const result = await this.client.query<Row>(statement.text, [...statement.values]);
    return result.rows;
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
    const result = await this.client.query(statement.text, [...statement.values]);
    return result.rowCount ?? 0;
  }
}
