/**
 * Databases as the migrations leave them, made once for a run of tests: to copy one takes a tenth of the time that
 * running all migrations takes. `migrate` finds nothing to do in a copy.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MIGRATIONS = fileURLToPath(new URL('../../migrations/', import.meta.url));
/** The native template, in the cluster of the run. */
export const NATIVE_TEMPLATE = 'belay_migrated';

function digestOfMigrations() {
  const hash = createHash('sha256');
  for (const name of readdirSync(MIGRATIONS).sort())
    hash.update(name).update(readFileSync(MIGRATIONS + name));
  return hash.digest('hex');
}

/** Whether templates were made for this run from exactly the migrations of this checkout. */
export function hasTemplates() {
  const folder = process.env.BELAY_TEST_TEMPLATES;
  return Boolean(folder) && readFileSync(join(folder, 'migrations'), 'utf8') === digestOfMigrations();
}

/** Begins a data folder of the embedded database with its template. */
export function copyEmbedded(dataFolder) {
  // The system's own copy takes a fraction of what `cpSync` does.
  execFileSync('cp', ['-R', join(process.env.BELAY_TEST_TEMPLATES, 'embedded'), dataFolder]);
}

/** Makes the templates by the migrations themselves, on `native` (a URL) too where there is one; returns their folder. */
export async function makeTemplates(native) {
  const { startStack } = await import('./stack.mjs');
  const { migrate } = await import('../database/dist/index.js');
  const folder = mkdtempSync(join(tmpdir(), 'belay-templates-'));
  const stack = await startStack('embedded', { isEmpty: true });
  try {
    await migrate(stack.connection);
    const ended = new Promise((resolve) => stack.postgres.once('exit', resolve));
    stack.postgres.kill('SIGTERM');
    await ended;
    cpSync(join(stack.home, 'postgres'), join(folder, 'embedded'), { recursive: true });
  } finally {
    await stack.stop();
  }
  if (native) await makeNative(native, migrate);
  writeFileSync(join(folder, 'migrations'), digestOfMigrations());
  return folder;
}

async function makeNative(url, migrate) {
  const { default: pg } = await import('pg');
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`create database ${NATIVE_TEMPLATE}`);
  await admin.end();
  const own = new URL(url);
  own.pathname = `/${NATIVE_TEMPLATE}`;
  await migrate({ connectionString: own.toString() });
}

/** Removes the templates' folder; what is native goes with its cluster. */
export function removeTemplates(folder) {
  if (folder && existsSync(folder)) rmSync(folder, { recursive: true, force: true });
}
