/** Real services for one spec file: a private Redis, a PostgreSQL (embedded or a new native database). */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnRedis } from './redis.mjs';

const DIST = fileURLToPath(new URL('../database/dist/', import.meta.url));

/** The password of the services' logins; one for all specs, because roles belong to the whole server. */
export const LOGIN_PASSWORD = 'chosen1';

/** The databases to test on: always `embedded`, and `native` where the test run provides one. */
export const databases = () => (process.env.BELAY_TEST_NATIVE_URL ? ['embedded', 'native'] : ['embedded']);

/**
 * Those of the databases that it is the turn of, for a long spec that is not about the database: the native one in
 * `npm test` where there is one, the embedded one in `npm run test:full` then.
 */
export const databasesInTurn = () =>
  process.env.BELAY_TEST_OTHER_TURN ? databases().slice(0, -1) : databases().slice(-1);

function ready(child, marker) {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (data) => {
      output += data;
      if (output.includes(marker)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr?.on('data', read);
    child.on('exit', (code) => reject(new Error(`ended with ${code}: ${output}`)));
  });
}

async function nativeDatabase(url, isEmpty) {
  const { default: pg } = await import('pg');
  const name = `belay_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  const template = isEmpty ? undefined : (await import('./template.mjs')).nativeTemplate();
  await admin.query(`create database ${name}${template ? ` template ${template}` : ''}`);
  await admin.end();
  const own = new URL(url);
  own.pathname = `/${name}`;
  return own.toString();
}

/**
 * Starts what a spec needs in a temporary BELAY_HOME and returns environment variables for Belay's
 * configuration, the admin connection, and `stop`. Unless it is to be empty, the database is a copy of a migrated one,
 * where one was made: of the embedded by the build, of the native by the run of tests.
 */
export async function startStack(kind, { isEmpty = false } = {}) {
  const home = mkdtempSync(join(tmpdir(), 'belay-t-'));
  const sockets = join(home, 'sockets');
  const children = [];
  const start = async (command, args, marker, env = process.env) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
    children.push(child);
    await ready(child, marker);
    return child;
  };
  const { mkdirSync } = await import('node:fs');
  mkdirSync(sockets, { mode: 0o700 });
  const redis = await spawnRedis(sockets);
  children.push(redis);
  const environment = { BELAY_HOME: home, BELAY_PORT: '0', BELAY_LOG: 'error' };
  let connection = { host: sockets, port: 5432, user: 'postgres', database: 'postgres', max: 6 };
  let postgres;
  if (kind === 'native') {
    const url = await nativeDatabase(process.env.BELAY_TEST_NATIVE_URL, isEmpty);
    environment.BELAY_DATABASE_URL = url;
    connection = { connectionString: url };
  } else {
    if (isEmpty)
      (await import(join(DIST, 'embedded/template.js'))).copyTemplate(join(home, 'postgres'), 'empty');
    postgres = await start(
      process.execPath,
      [join(DIST, 'embedded/main.js'), join(home, 'postgres'), sockets],
      'ready',
    );
  }
  const stop = async () => {
    for (const child of children.reverse()) {
      child.removeAllListeners('exit');
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await ended;
      }
    }
    rmSync(home, { recursive: true, force: true });
  };
  return { home, environment, connection, start, redis, postgres, stop };
}
