import { createRequire } from 'node:module';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { digestOfMigrations, migrate } from '../migrator.js';
import { embeddedConnection } from './connection.js';

/**
 * Databases made once when Belay is built, because to copy one takes a tenth of the time: `empty` as initdb leaves
 * it, and `migrated` as the migrations leave that. They are of exactly the PGlite that is installed, and of exactly
 * the migrations that are there; `migrate` judges a copy as it judges any database.
 */
const PACKAGE = dirname(dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite')));
const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string };
const TEMPLATES = join(PACKAGE, '../../.belay-postgres');
const EMPTY = join(TEMPLATES, version);
const migrated = (): string => `${EMPTY}-${digestOfMigrations()}`;

/** Makes both templates unless they are there, and removes those of other versions. */
export async function makeTemplates(): Promise<void> {
  const target = migrated();
  mkdirSync(TEMPLATES, { recursive: true });
  // PGlite lets everybody write its files, whatever the mask says.
  chmodSync(TEMPLATES, 0o700);
  await makeOne(EMPTY, async (part) => (await PGlite.create({ dataDir: part })).close());
  await makeOne(target, (part) => migrateFolder(copyOf(EMPTY, part)));
  const current = [basename(EMPTY), basename(target)];
  for (const name of readdirSync(TEMPLATES).filter((other) => !current.includes(other)))
    rmSync(join(TEMPLATES, name), { recursive: true, force: true });
}

/** Begins a data folder that is not there yet with a template, where there is one. */
export function copyTemplate(dataFolder: string, kind: 'empty' | 'migrated' = 'migrated'): void {
  const template = [...(kind === 'migrated' ? [migrated()] : []), EMPTY].find((path) => existsSync(path));
  if (existsSync(dataFolder) || template === undefined) return;
  const part = `${dataFolder}.part`;
  try {
    moveUnlessThere(copyOf(template, part), dataFolder);
  } catch {
    // Made by another user, or there is no room for it: the database is made anew, which only takes longer.
    tidy(part);
  }
}

function tidy(part: string): void {
  try {
    rmSync(part, { recursive: true, force: true });
  } catch {
    // What somebody else left there stays: nobody waits for it.
  }
}

async function makeOne(template: string, make: (part: string) => Promise<void>): Promise<void> {
  if (existsSync(template)) return;
  const part = `${template}.${process.pid}`;
  rmSync(part, { recursive: true, force: true });
  await make(part);
  moveUnlessThere(part, template);
}

async function migrateFolder(dataDir: string): Promise<void> {
  const sockets = mkdtempSync(join(tmpdir(), 'belay-template-'));
  const database = await PGlite.create({ dataDir, extensions: { vector } });
  const server = new PGLiteSocketServer({ db: database, path: join(sockets, '.s.PGSQL.5432') });
  try {
    await server.start();
    await migrate(embeddedConnection(sockets));
    await server.stop();
    await database.close();
  } finally {
    rmSync(sockets, { recursive: true, force: true });
  }
}

function copyOf(template: string, part: string): string {
  rmSync(part, { recursive: true, force: true });
  cpSync(template, part, { recursive: true });
  return part;
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
