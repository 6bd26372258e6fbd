/** Makes what template.mjs gives out, before a run of tests; removes it after. */
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from './stack.mjs';
import { digestOfMigrations, NATIVE_TEMPLATE } from './template.mjs';

/** Makes the templates by the migrations themselves, on `native` (a URL) too where there is one; returns their folder. */
export async function makeTemplates(native) {
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
