import pg from 'pg';

const EVERY_MS = 60_000;
// As much of a table as autovacuum waits for, by the server's own settings of it.
const WORN = `
  select format('%I.%I', s.schemaname, s.relname) as name
  from pg_stat_all_tables s join pg_class c on c.oid = s.relid, lateral (select greatest(c.reltuples, 0) as rows) r
  where s.schemaname not like 'pg_toast%' and (
    s.n_dead_tup > current_setting('autovacuum_vacuum_threshold')::float8
      + current_setting('autovacuum_vacuum_scale_factor')::float8 * r.rows
    or s.n_ins_since_vacuum > current_setting('autovacuum_vacuum_insert_threshold')::float8
      + current_setting('autovacuum_vacuum_insert_scale_factor')::float8 * r.rows)
  order by name`;

/**
 * Vacuums the tables in which autovacuum would find enough to do, one after the other, and returns their names. The
 * embedded server has none: rows that were deleted would take their space for good, and what an index holds would be
 * looked up in its table too.
 */
export async function vacuumWorn(connection: pg.ClientConfig): Promise<string[]> {
  const client = new pg.Client(connection);
  // Its end is told by what was asked of it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    // Else what has just been changed may count a second later only.
    await client.query('select pg_stat_force_next_flush()');
    const { rows } = await client.query<{ name: string }>(WORN);
    for (const { name } of rows) await client.query(`vacuum ${name}`);
    return rows.map(({ name }) => name);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Does so every minute; `report` is told of what fails. Returns what ends it. */
export function keepVacuumed(connection: pg.ClientConfig, report: (error: Error) => void): () => void {
  let isEnded = false;
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    vacuumWorn(connection)
      .catch((error: Error) => {
        if (!isEnded) report(error);
      })
      .finally(() => (isBusy = false));
  }, EVERY_MS).unref();
  return () => {
    isEnded = true;
    clearInterval(timer);
  };
}
