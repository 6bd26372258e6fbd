/**
 * A native database as the migrations leave it, made once for a run of tests: to copy it takes a tenth of the time
 * that running all migrations takes. (The embedded database begins with such a copy by itself.) `migrate` finds
 * nothing to do in one.
 */
import { digestOfMigrations, migrate } from '../database/dist/index.js';

const NAME = 'belay_migrated';

/** Makes the template in the cluster of `url` by the migrations themselves; what `BELAY_TEST_TEMPLATE` is to be. */
export async function makeNativeTemplate(url) {
  const { default: pg } = await import('pg');
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`create database ${NAME}`);
  await admin.end();
  const own = new URL(url);
  own.pathname = `/${NAME}`;
  await migrate({ connectionString: own.toString() });
  return digestOfMigrations();
}

/** The template to create a database from, where this run has one of exactly the migrations of this checkout. */
export function nativeTemplate() {
  return process.env.BELAY_TEST_TEMPLATE === digestOfMigrations() ? NAME : undefined;
}
