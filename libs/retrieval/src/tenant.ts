import { sql } from '@belay/database';

/** The tenant of this transaction, looked up once a statement: by itself, the function runs for each row scanned. */
export const TENANT = sql`(select current_tenant())`;
