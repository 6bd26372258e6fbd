import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How a parser is kept apart, strongest first. Every one has limits of memory, time and a private folder. */
export type Isolation = 'bubblewrap' | 'namespace' | 'limits' | 'process';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MB = 2 ** 20;
/** Memory of one parser: its heap, and all that it may write to, buffers and pictures included. */
const HEAP_MB = 512;
const DATA_BYTES = 1024 * MB;
const SCRATCH_BYTES = 256 * MB;
const FILE_BYTES = 256 * MB;
const CPU_SECONDS = 300;
const PRIVATE = '/tmp';

/** What the parser and the tools that it runs need of the system, and nothing of our data. */
const SYSTEM = ['/usr', '/lib', '/lib64', '/bin', '/etc/alternatives', '/etc/fonts', '/etc/ld.so.cache'];

const limits = [
  'prlimit',
  `--data=${DATA_BYTES}`,
  `--fsize=${FILE_BYTES}`,
  `--cpu=${CPU_SECONDS}`,
  '--core=0',
  '--nofile=256',
];
const node = [process.execPath, `--max-old-space-size=${HEAP_MB}`];
const readOnly = (path: string): string[] => ['--ro-bind', realpathSync(path), path];

function bubblewrap(): string[] {
  const system = SYSTEM.filter((path) => existsSync(path)).flatMap(readOnly);
  const scratch = ['--size', String(SCRATCH_BYTES), '--tmpfs', PRIVATE];
  // The folder of our programs may itself lie below /tmp: it is bound after that is emptied.
  const own = [process.execPath, join(ROOT, 'node_modules'), join(ROOT, 'libs'), join(ROOT, 'package.json')];
  return [
    'bwrap',
    ...['--unshare-all', '--die-with-parent', '--new-session', '--dev', '/dev', '--proc', '/proc'],
    ...system,
    ...scratch,
    ...own.flatMap(readOnly),
    ...['--chdir', PRIVATE, '--'],
  ];
}

const WAYS: Record<Isolation, () => string[]> = {
  bubblewrap: () => [...bubblewrap(), ...limits],
  namespace: () => ['unshare', '--user', '--map-root-user', '--net', '--', ...limits],
  limits: () => limits,
  process: () => [],
};

const runs = (words: readonly string[]): boolean => {
  const [command = '', ...rest] = [...words, process.execPath, '--version'];
  return spawnSync(command, rest, { stdio: 'ignore', timeout: 10_000, env: {} }).status === 0;
};

let found: Isolation | undefined;

/** The strongest isolation that this system offers; tried once. */
export function isolation(): Isolation {
  const ways = Object.keys(WAYS) as Isolation[];
  found ??= ways.find((way) => way === 'process' || runs(WAYS[way]())) ?? 'process';
  return found;
}

/** The command that runs a script in isolation. In bubblewrap its folder is memory of its own that goes with it. */
export function isolated(
  script: string,
  way = isolation(),
): { command: string; args: string[]; ownsFolder: boolean } {
  const [command = '', ...args] = [...WAYS[way](), ...node, script];
  return { command, args, ownsFolder: way === 'bubblewrap' };
}
