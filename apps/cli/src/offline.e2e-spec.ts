import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startProduct } from '@belay/testing/product';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
// Preloaded into every process of the product: notes each name that is looked up and each address dialled.
const RECORDER = `
import { appendFileSync } from 'node:fs';
import dns from 'node:dns';
import net from 'node:net';
import { syncBuiltinESMExports } from 'node:module';
const note = (what) => appendFileSync(process.env.OUTBOUND_LOG, what + '\\n');
const local = (host) => ['localhost', '127.0.0.1', '::1', undefined].includes(host);
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  const host = typeof first === 'object' ? first.host : typeof second === 'string' ? second : undefined;
  const path = typeof first === 'object' ? first.path : undefined;
  if (!path && !local(host)) note('connect ' + host);
  return connect.apply(this, args);
};
for (const of of [dns, dns.promises]) {
  const lookup = of.lookup;
  of.lookup = function (name, ...rest) {
    if (!local(name)) note('lookup ' + name);
    return lookup.call(this, name, ...rest);
  };
}
syncBuiltinESMExports();
`;

describe('offline', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'belay-offline-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('law-6: starting, loading a document and answering dial nothing outside this machine', async () => {
    const recorder = join(folder, 'recorder.mjs');
    const log = join(folder, 'outbound.log');
    writeFileSync(recorder, RECORDER);
    writeFileSync(log, '');
    // What no socket of ours would show: a package client that was started all the same.
    const bin = join(folder, 'bin');
    const fetched = join(folder, 'fetched.log');
    mkdirSync(bin);
    for (const client of ['pip', 'pip3'])
      writeFileSync(join(bin, client), `#!/bin/sh\necho "$*" >> ${fetched}\nexit 1\n`, { mode: 0o755 });
    const product = await startProduct({
      keep: (_, path) => path === 'leave/vacation-policy.md',
      environment: {
        OUTBOUND_LOG: log,
        NODE_OPTIONS: `--import ${recorder}`,
        PATH: `${bin}:${process.env['PATH']}`,
      },
    });
    try {
      const asked = ['ask', 'How many vacation days do employees get?', '--as', 'employee', '--json'];
      expect(JSON.parse(product.cli(...asked).stdout)).toMatchObject({ outcome: 'answered' });
    } finally {
      await product.stop();
    }
    expect(readFileSync(log, 'utf8')).toBe('');
    expect(existsSync(fetched)).toBe(false);
  }, 120_000);

  it('law-6: --offline refuses to fetch packages that are missing, and says what to do', () => {
    // A checkout without packages: only what the first step of every command reads.
    const bare = join(folder, 'bare');
    for (const file of ['apps/cli/bootstrap.mjs', 'package.json', 'package-lock.json']) {
      cpSync(join(ROOT, file), join(bare, file));
    }
    mkdirSync(join(bare, 'bin'));
    writeFileSync(join(bare, 'bin/npm'), '#!/bin/sh\necho "npm $*" >> "$NPM_LOG"\nexit 1\n', { mode: 0o755 });
    const npmLog = join(folder, 'npm.log');
    const done = spawnSync(process.execPath, ['apps/cli/bootstrap.mjs', 'start', '--offline'], {
      cwd: bare,
      env: { PATH: join(bare, 'bin'), NPM_LOG: npmLog },
      encoding: 'utf8',
    });
    expect(done.status).toBe(1);
    expect(existsSync(npmLog)).toBe(false);
    expect(done.stderr).toMatch(/--offline forbids fetching.*npm ci/s);
    // Whoever set it up before and ended in the middle keeps nobody from it.
    const before = spawnSync(process.execPath, ['-e', ''], { encoding: 'utf8' });
    writeFileSync(join(bare, '.belay-setup'), `${before.pid}`);
    const online = spawnSync(process.execPath, ['apps/cli/bootstrap.mjs', 'ask', 'Who?'], {
      cwd: bare,
      env: { PATH: join(bare, 'bin'), NPM_LOG: npmLog },
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(online.stderr).toMatch(/npm ci failed/);
    expect(existsSync(join(bare, '.belay-setup'))).toBe(false);
  });
});
