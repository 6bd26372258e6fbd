/**
 * `npm test`: installs what is missing, builds, provides Redis, a browser and (where it can) a native
 * PostgreSQL, runs every spec, and ends with one line: `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureInstalled } from '../../apps/cli/bootstrap.mjs';
import { startNativePostgres } from './native-postgres.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const say = (line) => process.stdout.write(`${line}\n`);
const found = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

function provide(command, debianPackage) {
  if (found(command)) return true;
  if (process.getuid?.() === 0 && found('apt-get')) {
    say(`Installing the Debian package ${debianPackage} …`);
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update'], { stdio: 'ignore', env: environment });
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', debianPackage], {
      stdio: 'ignore',
      env: environment,
    });
  }
  return found(command);
}

ensureInstalled();
ensureBuilt();
if (!provide('redis-server', 'redis-server')) {
  say('redis-server is missing: install it (apt-get install redis-server) and run npm test again.');
  say('0 passed, 1 failed');
  process.exit(1);
}
if (!provide('chromium', 'chromium'))
  say('Chromium cannot be installed here: the browser tests say that they did not run.');
const native = startNativePostgres(say);
const report = join(tmpdir(), `belay-jest-${process.pid}.json`);
try {
  const jest = [
    join(ROOT, 'node_modules/jest/bin/jest.js'),
    '--maxWorkers=2',
    '--forceExit',
    '--json',
    `--outputFile=${report}`,
    ...process.argv.slice(2),
  ];
  const environment = {
    ...process.env,
    NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
    ...(native ? { BELAY_TEST_NATIVE_URL: native.url } : {}),
  };
  // --json prints the report on standard output too; people read standard error.
  const done = spawnSync(process.execPath, jest, {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: environment,
  });
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  const failed = (result?.numFailedTests ?? 0) + (result?.numRuntimeErrorTestSuites ?? (done.status ? 1 : 0));
  say(`${result?.numPassedTests ?? 0} passed, ${failed} failed`);
  process.exitCode = done.status === 0 && failed === 0 && (result?.numPassedTests ?? 0) > 0 ? 0 : 1;
} finally {
  native?.stop();
  rmSync(report, { force: true });
}
