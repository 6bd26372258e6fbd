import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { embeddedConnection, migrate, migrationsFolder } from '@belay/database';
import { freePort, startProduct } from '@belay/testing/product';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const LIMIT_MS = 120_000;

interface Finished {
  status: number | null;
  output: string;
}

/** Runs `belay start` where it is expected to refuse: what it printed, and its exit code. */
function refusedStart(environment: Record<string, string>, ...flags: string[]): Finished {
  const done = spawnSync(
    process.execPath,
    [join(ROOT, 'apps/cli/bootstrap.mjs'), 'start', '--offline', ...flags],
    {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: '', ...environment },
      encoding: 'utf8',
      timeout: LIMIT_MS,
    },
  );
  return { status: done.status, output: done.stdout + done.stderr };
}

describe('a start that cannot be', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'belay-l-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('names the port that is in use', async () => {
    const port = await freePort();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const { status, output } = refusedStart({ BELAY_HOME: folder }, '--port', String(port));
    other.close();
    expect([status, output]).toEqual([1, expect.stringContaining(`Port ${port} on 127.0.0.1 is in use`)]);
    expect(existsSync(join(folder, 'postgres'))).toBe(false);
  });

  it('refuses the demo on an address that other machines reach', () => {
    const { status, output } = refusedStart({ BELAY_HOME: folder }, '--host', '0.0.0.0');
    expect([status, output]).toEqual([2, expect.stringContaining('--no-demo')]);
    expect(existsSync(join(folder, 'postgres'))).toBe(false);
  });

  it('names the command that installs Redis where it may not do so itself', () => {
    // Only what the first step of every command runs; `--offline` forbids the installation itself.
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    const { status, output } = refusedStart({ BELAY_HOME: join(folder, 'home'), PATH: bin, BELAY_PORT: '0' });
    expect([status, output]).toEqual([1, expect.stringContaining('apt-get install -y redis-server')]);
  });

  it.each(['twelve', '-1', '70000'])('explains that %s is no port', (port) => {
    const { status, output } = refusedStart({ BELAY_HOME: folder }, `--port=${port}`);
    expect([status, output]).toEqual([2, expect.stringContaining('BELAY_PORT')]);
  });
});

describe('one instance and its data', () => {
  let product: Awaited<ReturnType<typeof startProduct>>;
  const question = ['ask', 'How many vacation days do employees get?', '--as', 'employee', '--json'];
  const answer = (): unknown => JSON.parse(product.cli(...question).stdout);

  beforeAll(async () => {
    product = await startProduct({ keep: (_, path) => path === 'leave/vacation-policy.md' });
  }, LIMIT_MS);
  afterAll(() => product.stop());

  it(
    'is not started twice on the same data',
    () => {
      const { status, output } = refusedStart({ BELAY_HOME: product.home }, '--port', '0');
      expect([status, output]).toEqual([1, expect.stringContaining(`already running at ${product.address}`)]);
      expect(answer()).toMatchObject({ outcome: 'answered' });
    },
    LIMIT_MS,
  );

  it(
    'keeps its sockets to its user and opens no port but its own',
    () => {
      const { postgres, redis } = product.pids();
      const listening = spawnSync('sh', ['-c', 'cat /proc/net/tcp /proc/net/tcp6'], {
        encoding: 'utf8',
      }).stdout;
      for (const pid of [postgres, redis]) {
        const sockets = spawnSync('sh', ['-c', `ls -l /proc/${pid}/fd`], { encoding: 'utf8' }).stdout;
        const open = [...sockets.matchAll(/socket:\[(\d+)\]/g)].map(([, inode = '']) => inode);
        expect(open.filter((inode) => listening.includes(` ${inode} `))).toEqual([]);
      }
    },
    LIMIT_MS,
  );

  it('lets nobody but its user at the files of the database', () => {
    expect(statSync(join(product.home, 'postgres')).mode & 0o077).toBe(0);
  });

  it(
    'resumes with everything',
    async () => {
      await product.restart();
      expect(answer()).toMatchObject({ outcome: 'answered' });
    },
    LIMIT_MS,
  );

  it(
    'refuses data of a newer version, then data that is damaged',
    async () => {
      const later = join(product.folder, 'migrations');
      cpSync(migrationsFolder(), later, { recursive: true });
      writeFileSync(join(later, '999999_from_the_future.sql'), 'select 1;');
      await migrate(embeddedConnection(join(product.home, 'sockets')), later);
      await expect(product.restart()).rejects.toThrow('newer Belay (999999_from_the_future.sql)');
      truncateSync(join(product.home, 'postgres/global/pg_control'), 100);
      await expect(product.restart()).rejects.toThrow('put back a copy of this folder');
    },
    LIMIT_MS,
  );
});
