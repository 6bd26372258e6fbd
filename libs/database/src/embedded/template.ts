import { createRequire } from 'node:module';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';

/**
 * A database as initdb leaves it, made once when Belay is built: to copy it takes a tenth of the time. It is of
 * exactly the PGlite that is installed.
 */
const PACKAGE = dirname(dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite')));
const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string };
const TEMPLATES = join(PACKAGE, '../../.belay-postgres');
const TEMPLATE = join(TEMPLATES, version);

/** Makes the template unless it is there. */
export async function makeTemplate(): Promise<void> {
  if (existsSync(TEMPLATE)) return;
  const part = `${TEMPLATE}.${process.pid}`;
  rmSync(TEMPLATES, { recursive: true, force: true });
  mkdirSync(TEMPLATES, { recursive: true });
  const database = await PGlite.create({ dataDir: part });
  await database.close();
  moveUnlessThere(part, TEMPLATE);
}

/** Begins a data folder that is not there yet with the template, where there is one. */
export function copyTemplate(dataFolder: string): void {
  if (existsSync(dataFolder) || !existsSync(TEMPLATE)) return;
  const part = `${dataFolder}.part`;
  rmSync(part, { recursive: true, force: true });
  cpSync(TEMPLATE, part, { recursive: true });
  moveUnlessThere(part, dataFolder);
}

// Whoever is killed leaves a part behind, never half of a database.
function moveUnlessThere(part: string, target: string): void {
  try {
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
}
