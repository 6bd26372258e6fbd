/**
 * Provides a private native PostgreSQL with pgvector for tests, from Debian packages: PostgreSQL as packaged,
 * pgvector built from the source package of a newer suite (this suite's own is too old). Plain JavaScript, so
 * that it runs before anything is built. Returns undefined, with the reason said, where that cannot be done.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SUITE = 'trixie';
const quiet = {
  stdio: ['ignore', 'ignore', 'pipe'],
  env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
};
const run = (command, args, options = {}) => execFileSync(command, args, { ...quiet, ...options });

/** The newest installed PostgreSQL that is new enough, and where its programs are. */
export function postgresPrograms() {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).map(Number) : [];
  const newest = Math.max(0, ...versions.filter((version) => existsSync(`${root}/${version}/bin/initdb`)));
  return newest >= 15 ? { version: newest, bin: `${root}/${newest}/bin` } : undefined;
}

const vectorInstalled = (version) => existsSync(`/usr/share/postgresql/${version}/extension/vector.control`);

function buildVector(version) {
  const work = mkdtempSync(join(tmpdir(), 'belay-pgvector-'));
  try {
    run('apt-get', [
      'install',
      '-y',
      '--no-install-recommends',
      `postgresql-server-dev-${version}`,
      'gcc',
      'make',
      'libc6-dev',
      'dpkg-dev',
    ]);
    const mirror = run('apt-get', ['indextargets', '--format', '$(REPO_URI)'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString()
      .split('\n')
      .find((uri) => /\/debian\/?$/.test(uri));
    if (!mirror) throw new Error('no Debian package source is configured');
    mkdirSync(join(work, 'lists/partial'), { recursive: true });
    writeFileSync(join(work, 'sources.list'), `deb-src ${mirror} ${SUITE} main\n`);
    const sources = [
      '-o',
      `Dir::Etc::sourcelist=${work}/sources.list`,
      '-o',
      'Dir::Etc::sourceparts=-',
      '-o',
      `Dir::State::lists=${work}/lists`,
    ];
    run('apt-get', [...sources, 'update'], { cwd: work });
    run('apt-get', [...sources, 'source', '--download-only', 'pgvector'], { cwd: work });
    const archive = readdirSync(work).find((name) => name.endsWith('.orig.tar.gz'));
    mkdirSync(join(work, 'source'));
    run('tar', ['xzf', archive, '-C', 'source', '--strip-components', '1'], { cwd: work });
    const config = `PG_CONFIG=/usr/lib/postgresql/${version}/bin/pg_config`;
    run('make', ['OPTFLAGS=', config, 'with_llvm=no', '-j2'], { cwd: join(work, 'source') });
    run('make', ['install', config, 'with_llvm=no'], { cwd: join(work, 'source') });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function provide() {
  if (!postgresPrograms()) {
    run('apt-get', ['update']);
    run('apt-get', ['install', '-y', 'postgresql']);
  }
  const server = postgresPrograms();
  if (!server) throw new Error('no PostgreSQL 15 or newer after installation');
  if (!vectorInstalled(server.version)) buildVector(server.version);
  return server;
}

/**
 * Starts a throw-away cluster on a Unix socket; returns its admin URL, its process number and a stop function, or undefined. It waits
 * for the disk at each commit only where it is to be `durable`.
 */
export function startNativePostgres(say, { durable = false } = {}) {
  let folder;
  try {
    if (process.getuid?.() !== 0 && !(postgresPrograms() && vectorInstalled(postgresPrograms().version))) {
      throw new Error('installing packages needs root');
    }
    const { bin } = provide();
    folder = mkdtempSync(join(tmpdir(), 'belay-pg-'));
    const asServer =
      process.getuid?.() === 0
        ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--init-groups']]
        : undefined;
    const pg = (program, args) =>
      asServer
        ? run(asServer[0], [...asServer[1], `${bin}/${program}`, ...args], { cwd: folder })
        : run(`${bin}/${program}`, args);
    if (asServer) run('chown', ['postgres', folder]);
    pg('initdb', [
      '-D',
      `${folder}/data`,
      '-U',
      'postgres',
      '-A',
      'trust',
      '--no-sync',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
    ]);
    // The services' logins prove their passwords, as on a real server; the admin of the tests needs none.
    const allow = `local all belay_api_login,belay_worker_login,belay_agent_login scram-sha-256\nlocal all postgres trust\n`;
    writeFileSync(`${folder}/data/pg_hba.conf`, allow);
    const options = `-k ${folder} -c listen_addresses= -c fsync=${durable ? 'on' : 'off'} -c max_connections=60`;
    pg('pg_ctl', ['-D', `${folder}/data`, '-o', options, '-l', `${folder}/log`, '-w', 'start']);
    const stop = () => {
      spawnSync(asServer ? asServer[0] : `${bin}/pg_ctl`, [
        ...(asServer ? [...asServer[1], `${bin}/pg_ctl`] : []),
        ...['-D', `${folder}/data`, '-m', 'immediate', 'stop'],
      ]);
      rmSync(folder, { recursive: true, force: true });
    };
    const pid = () => Number(readFileSync(`${folder}/data/postmaster.pid`, 'utf8').split('\n')[0]);
    return { pid, url: `postgres://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`, stop };
  } catch (error) {
    if (folder) rmSync(folder, { recursive: true, force: true });
    const reason = error.stderr?.toString().trim().split('\n').at(-1) || error.message;
    say(`Native PostgreSQL is not tested here: ${reason}`);
    return undefined;
  }
}
