/**
 * `npm test`: installs what is missing, builds, provides Redis, a browser and (where it can) a native
 * PostgreSQL, runs every spec but the long drills, and ends with one line: `N passed, N failed`.
 * `npm run test:full` (`--full`) runs the long drills (`*.full-spec.ts`) alone, then what took turns with its database
 * on the other one, then the unit tests on newer versions of Node.js.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureInstalled } from '../../apps/cli/bootstrap.mjs';
import { startNativePostgres } from './native-postgres.mjs';
import { CACHE, provideOtherNodes } from './other-nodes.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const say = (line) => process.stdout.write(`${line}\n`);
const isFull = process.argv.some((argument) => argument === '--full' || argument.includes('.full-spec'));
const found = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

function provide(command, debianPackage, settings = {}) {
  if (found(command)) return true;
  if (process.getuid?.() === 0 && found('apt-get')) {
    say(`Installing the Debian package ${debianPackage} …`);
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', ...settings };
    spawnSync('apt-get', ['update'], { stdio: 'ignore', env: environment });
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', debianPackage], {
      stdio: 'ignore',
      env: environment,
    });
  }
  return found(command);
}

ensureInstalled();
await ensureBuilt();
if (!provide('redis-server', 'redis-server')) {
  say('redis-server is missing: install it (apt-get install redis-server) and run npm test again.');
  say('0 passed, 1 failed');
  process.exit(1);
}
if (!provide('chromium', 'chromium'))
  say('Chromium cannot be installed here: the browser tests say that they did not run.');

// The drills fetch from a server over ssh. The package would start one for everybody, which is not wanted.
if (isFull && !provide('sshd', 'openssh-server', { SYSTEMD_OFFLINE: '1', RUNLEVEL: '1' }))
  say('sshd cannot be installed here: the drill of sources over ssh fails and says what to install.');

/** Runs Jest on one Node.js and counts; a suite that cannot even load, and a run that ends early, is a failure. */
function runJest(node, flags, environment) {
  // What a spec leaves behind that was ended before it could clean up goes with the folder of the run.
  const folder = mkdtempSync(join(tmpdir(), 'belay-'));
  chmodSync(folder, 0o711);
  const report = join(folder, 'jest.json');
  const cache = `--cacheDirectory=${join(CACHE, 'jest')}`;
  const jest = [join(ROOT, 'node_modules/jest/bin/jest.js'), '--maxWorkers=3', cache];
  // --json prints the report on standard output too; people read standard error.
  const done = spawnSync(node, [...jest, '--json', `--outputFile=${report}`, ...flags], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      TMPDIR: folder,
      NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
      ...environment,
    },
  });
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  const passed = result.numPassedTests ?? 0;
  const failed = (result.numFailedTests ?? 0) + (result.numRuntimeErrorTestSuites ?? 0);
  return { passed, failed: failed === 0 && (done.status !== 0 || passed === 0) ? 1 : failed };
}

/** The specs that run on one of the databases at a time. */
function specsInTurn() {
  const files = ['apps', 'libs'].flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true }).map((path) => join(ROOT, room, path)),
  );
  return files.filter(
    (path) =>
      /-spec\.ts$/.test(path) &&
      !path.includes('node_modules') &&
      readFileSync(path, 'utf8').includes('databasesInTurn()'),
  );
}

const DAILY = ['unit', 'medium', 'app', 'e2e'];
const selection = process.argv.slice(2).filter((argument) => argument !== '--full');
// A selection is somebody at work on one spec.
const isWholeFull = isFull && selection.length === 0;
const projects = ['--selectProjects', ...(isFull ? ['full'] : DAILY)];
const native = startNativePostgres(say);
const results = [];
try {
  // What is built may be had now.
  const { makeNativeTemplate } = await import('./template.mjs');
  const environment = native
    ? { BELAY_TEST_NATIVE_URL: native.url, BELAY_TEST_TEMPLATE: await makeNativeTemplate(native.url) }
    : {};
  results.push(runJest(process.execPath, [...selection, ...projects], environment));
  if (isWholeFull && native) {
    say('What ran on the native PostgreSQL in npm test, on the embedded one …');
    const others = ['--selectProjects', 'medium', 'app', '--runTestsByPath', ...specsInTurn()];
    results.push(runJest(process.execPath, others, { ...environment, BELAY_TEST_OTHER_TURN: '1' }));
  }
} finally {
  native?.stop();
}
for (const { version, binary } of isWholeFull ? provideOtherNodes(say) : []) {
  say(`The unit tests on Node.js ${version} …`);
  results.push(runJest(binary, ['--selectProjects', 'unit'], {}));
}
const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
say(`${total('passed')} passed, ${total('failed')} failed`);
process.exitCode = total('failed') === 0 ? 0 : 1;
