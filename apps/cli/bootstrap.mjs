/**
 * The first step of every `belay` command: plain JavaScript that needs nothing installed. It checks Node.js,
 * installs the packages of the lockfile, builds what changed, then hands over to the compiled command.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(dirname(dirname(realpathSync(fileURLToPath(import.meta.url)))));
const INSTALL_STAMP = join(ROOT, 'node_modules', '.belay-install');
const BUILD_STAMP = join(ROOT, 'node_modules', '.belay-build');
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');
const SETUP_LOCK = join(ROOT, '.belay-setup');
const NEEDED_NODE = [20, 19];

/** An expected failure: its message is all that the person needs. */
export class BootstrapError extends Error {}

// Progress goes to standard error, so that `belay ask --json` prints nothing but its JSON.
function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Throws unless this Node.js is new enough. */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if (major > NEEDED_NODE[0] || (major === NEEDED_NODE[0] && minor >= NEEDED_NODE[1])) return;
  throw new BootstrapError(
    `Belay needs Node.js ${NEEDED_NODE.join('.')} or newer; this is ${version}. Install a newer one and try again.`,
  );
}

function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

// A checkout that was installed by hand with npm has no stamp of ours; npm's own record says what is there.
function matchesLockfile(lockText) {
  const recordText = readText(join(ROOT, 'node_modules', '.package-lock.json'));
  if (recordText === '') return false;
  const installed = JSON.parse(recordText).packages ?? {};
  const wanted = Object.entries(JSON.parse(lockText).packages ?? {});
  return wanted.every(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.optional || entry.devOptional) return true;
    if (entry.link) return installed[path] !== undefined;
    // Npm's record is older than what became of the folder, where an installation was interrupted.
    return installed[path]?.version === entry.version && existsSync(join(ROOT, path, 'package.json'));
  });
}

function readLockfile() {
  const lockText = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
  const digest = createHash('sha256').update(lockText).digest('hex');
  const stamped = readText(INSTALL_STAMP).trim() === digest && existsSync(COMPILER);
  return { digest, stamped, complete: stamped || matchesLockfile(lockText) };
}

/** Installs the packages of the lockfile unless they are there. */
export function ensureInstalled({ offline = false } = {}) {
  if (readLockfile().stamped) return;
  const unlock = lockSetup();
  try {
    install(offline);
  } finally {
    unlock();
  }
}

function install(offline) {
  const { digest, stamped, complete } = readLockfile();
  if (stamped) return;
  if (!complete) {
    if (offline) {
      throw new BootstrapError(
        'The packages of this checkout are not installed, and --offline forbids fetching them. ' +
          'Run it once without --offline, or run "npm ci --ignore-scripts" where there is a network.',
      );
    }
    say('Fetching packages from the npm registry (npm ci) …');
    runStep('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], 'npm ci');
  }
  writeFileSync(INSTALL_STAMP, `${digest}\n`);
}

/** Waits until no other command sets this folder up; returns what lets the next one. */
function lockSetup() {
  for (let isSaid = false; ; isSaid = true) {
    try {
      writeFileSync(SETUP_LOCK, `${process.pid}`, { flag: 'wx' });
      return () => rmSync(SETUP_LOCK, { force: true });
    } catch (error) {
      // A folder that nobody may write to is set up by nobody.
      if (error.code !== 'EEXIST') return () => undefined;
    }
    const other = Number(readText(SETUP_LOCK));
    if (!isRunning(other)) rmSync(SETUP_LOCK, { force: true });
    else {
      if (!isSaid) say('Another command sets this folder up; waiting for it …');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    }
  }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function runStep(command, args, title) {
  // The output of a step is progress, not the answer of a command, so it too goes to standard error.
  const done = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (done.error) throw new BootstrapError(`${title} could not be started: ${done.error.message}`);
  if (done.status !== 0) throw new BootstrapError(`${title} failed; what it printed above says why.`);
}

function subfolders(folder) {
  const path = join(ROOT, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(path, entry.name));
}

function filesUnder(path) {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'dist') return [];
    const child = join(path, entry.name);
    return entry.isDirectory() ? filesUnder(child) : [child];
  });
}

// Specs are left out: they are not part of a build, and changing one must not cost a rebuild.
function sourceFiles() {
  const packages = [...subfolders('apps'), ...subfolders('libs')];
  const sources = packages.flatMap((folder) => filesUnder(join(folder, 'src')));
  const settings = packages.flatMap((folder) => [
    join(folder, 'package.json'),
    join(folder, 'tsconfig.json'),
  ]);
  const web = ['index.html', 'vite.config.ts'].map((name) => join(ROOT, 'apps/web', name));
  const root = ['package-lock.json', 'tsconfig.json', 'tsconfig.base.json'].map((name) => join(ROOT, name));
  return [...sources, ...settings, ...filesUnder(join(ROOT, 'apps/web/public')), ...web, ...root]
    .filter((path) => existsSync(path) && !/[.-]spec\.tsx?$/.test(path))
    .sort();
}

function sourceDigest() {
  const hash = createHash('sha256');
  for (const path of sourceFiles()) {
    const content = readFileSync(path);
    hash.update(`${relative(ROOT, path)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Compiles the workspace and the web pages unless they are built from exactly these sources. */
export async function ensureBuilt() {
  if (readBuild().isBuilt) return;
  const unlock = lockSetup();
  try {
    await build(readBuild());
  } finally {
    unlock();
  }
}

function readBuild() {
  const digest = sourceDigest();
  const outputs = ['apps/cli', 'apps/api', 'apps/worker', 'apps/agent'].map((app) =>
    join(ROOT, app, 'dist/main.js'),
  );
  const complete = [...outputs, join(ROOT, 'apps/web/dist/index.html')].every((path) => existsSync(path));
  return { digest, outputs, isBuilt: complete && readText(BUILD_STAMP).trim() === digest };
}

async function build({ digest, outputs, isBuilt }) {
  if (isBuilt) return;
  say('Compiling the services (tsc -b) …');
  const compiler = [COMPILER, '-b'];
  // TypeScript trusts its records of earlier builds; without output they would keep it from writing any.
  if (!outputs.every((path) => existsSync(path))) compiler.push('--force');
  runStep(process.execPath, compiler, 'The TypeScript build');
  // On another core meanwhile; without it, a first start makes its database from nothing.
  const template = spawn(process.execPath, [join(ROOT, 'libs/database/dist/embedded/template-entry.js')], {
    stdio: 'ignore',
  });
  const made = new Promise((resolve) => template.once('error', resolve).once('close', resolve));
  say('Building the web pages (vite) …');
  runStep('npm', ['run', 'build', '-w', 'apps/web', '--silent'], 'The web build');
  await made;
  mkdirSync(dirname(BUILD_STAMP), { recursive: true });
  writeFileSync(BUILD_STAMP, `${digest}\n`);
}

// What comes before the compiled command can list the rest.
function listFirstSteps(offline) {
  const steps = [];
  if (!readLockfile().complete && !offline) steps.push('fetch the packages of the lockfile (npm ci)');
  if (!existsSync(join(ROOT, 'apps/cli/dist/main.js'))) steps.push('compile');
  if (steps.length === 0) return;
  say(`Set-up steps: ${steps.join(', ')}; then those of the instance, listed before they are taken.`);
}

async function run(argv) {
  checkNode();
  if (['start', 'up'].includes(argv[0])) listFirstSteps(argv.includes('--offline'));
  ensureInstalled({ offline: argv.includes('--offline') });
  await ensureBuilt();
  if (argv[0] === 'build') {
    say('Built.');
    return 0;
  }
  const { main } = await import(pathToFileURL(join(ROOT, 'apps/cli/dist/main.js')).href);
  return main(argv, process.env);
}

const entry = process.argv[1] ? realpathSync(process.argv[1]) : '';
if (entry === realpathSync(fileURLToPath(import.meta.url))) {
  // Whoever reads our output may have read enough (`belay logs | head`).
  process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    process.exitCode = await run(process.argv.slice(2));
  } catch (error) {
    say(error instanceof BootstrapError ? `belay: ${error.message}` : `belay: ${error?.stack ?? error}`);
    process.exitCode = 1;
  }
}
