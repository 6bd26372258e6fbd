/**
 * Other versions of Node.js for the unit tests, from the npm packages that carry its binary (no install script
 * runs). They are kept in the user's cache folder, outside the checkout, so they are fetched once.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const VERSIONS = ['22.23.3', '24.21.0'];
/** Where what tests need is kept between runs, outside the checkout. */
export const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'belay');
const PACKAGE = `node-${process.platform}-${process.arch}`;
const major = (version) => version.split('.')[0];

/** The binaries of the versions that are not the running one; says why where one cannot be had. */
export function provideOtherNodes(say) {
  return VERSIONS.filter((version) => major(version) !== major(process.versions.node)).flatMap((version) => {
    const folder = join(CACHE, `node-${version}`);
    const binary = join(folder, 'node_modules', PACKAGE, 'bin/node');
    const problem = existsSync(binary) ? undefined : install(folder, version);
    const answer = spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout?.trim();
    if (answer === `v${version}`) return [{ version, binary }];
    const reason = problem ?? `its binary answers ${answer ?? 'nothing'}`;
    say(`The unit tests do not run on Node.js ${version} here: ${reason}`);
    return [];
  });
}

function install(folder, version) {
  mkdirSync(folder, { recursive: true });
  const flags = ['--ignore-scripts', '--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
  const done = spawnSync('npm', ['install', ...flags, '--prefix', folder, `${PACKAGE}@${version}`], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (done.status === 0) return undefined;
  const errors = (done.stderr ?? '').split('\n').filter((line) => line.startsWith('npm error'));
  return errors[0] ?? `npm could not install ${PACKAGE}`;
}
