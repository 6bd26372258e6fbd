import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canBoundTogether, type ControlGroup } from '@belay/isolation';

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
/** All of its processes, and its folder where that is memory. */
export const MOST_BYTES = DATA_BYTES + SCRATCH_BYTES;
const PRIVATE = '/tmp';
const SYSRQ = '/proc/sysrq-trigger';

/**
 * Whom a parser runs as where we are root. Root in a namespace is still the owner of files of the kernel that every
 * root may write, /proc/sys among them.
 */
const NOBODY = 65534;
export const MOST_PROCESSES = 512;
const NO_NEW_RIGHTS = '--no-new-privs';
const BECOME_NOBODY = [
  ...['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--inh-caps=-all'],
  ...[NO_NEW_RIGHTS, '--'],
];

/** What the parser and the tools that it runs need of the system, and nothing of our data. */
const SYSTEM = ['/usr', '/lib', '/lib64', '/bin', '/etc/alternatives', '/etc/fonts', '/etc/ld.so.cache'];

const limits = (asNobody: boolean): string[] => [
  'prlimit',
  `--data=${DATA_BYTES}`,
  `--fsize=${FILE_BYTES}`,
  `--cpu=${CPU_SECONDS}`,
  '--core=0',
  '--nofile=256',
  // Of an ordinary user it would count what else they run.
  ...(asNobody ? [`--nproc=${MOST_PROCESSES}`] : []),
];
const node = [process.execPath, `--max-old-space-size=${HEAP_MB}`];
const readOnly = (path: string): string[] => ['--ro-bind', realpathSync(path), path];

function bubblewrap(): string[] {
  const system = SYSTEM.filter((path) => existsSync(path)).flatMap(readOnly);
  const scratch = ['--size', String(SCRATCH_BYTES), '--tmpfs', PRIVATE];
  // The folder of our programs may itself lie below /tmp: it is bound after that is emptied.
  const own = [process.execPath, join(ROOT, 'node_modules'), join(ROOT, 'libs'), join(ROOT, 'package.json')];
  // Whoever is root could restart the machine by it.
  const sealed = existsSync(SYSRQ) ? ['--ro-bind', '/dev/null', SYSRQ] : [];
  return [
    // With its owner's rights, where it has the setuid bit, it would refuse the size of its folder.
    ...['setpriv', NO_NEW_RIGHTS, '--', 'bwrap'],
    ...['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--dev', '/dev'],
    ...['--proc', '/proc', '--ro-bind', '/proc/sys', '/proc/sys', ...sealed],
    ...system,
    ...scratch,
    ...own.flatMap(readOnly),
    ...['--remount-ro', '/'],
    ...['--chdir', PRIVATE, '--'],
  ];
}

const WAYS: Record<Isolation, (asNobody: boolean) => string[]> = {
  bubblewrap: (asNobody) => [...bubblewrap(), ...limits(asNobody)],
  namespace: (asNobody) => ['unshare', '--user', '--map-root-user', '--net', '--', ...limits(asNobody)],
  limits,
  process: () => [],
};

/** A way that this system offers, and whether as nobody, which only root can become. */
interface Found {
  readonly way: Isolation;
  readonly asNobody: boolean;
}

function works({ way, asNobody }: Found, script: string): boolean {
  const [command = '', ...rest] = [...WAYS[way](asNobody), ...node, '--check', script];
  return (
    spawnSync(command, rest, { stdio: 'ignore', timeout: 10_000, env: {}, ...userOf(asNobody) }).status === 0
  );
}

const userOf = (asNobody: boolean): { uid?: number; gid?: number } =>
  asNobody ? { uid: NOBODY, gid: NOBODY } : {};

/** How this system can keep a script apart in a way; undefined where it cannot. Nobody must be able to read our programs. */
export function offered(way: Isolation, script: string): Found | undefined {
  const users = process.getuid?.() === 0 ? [true, false] : [false];
  return users.map((asNobody) => ({ way, asNobody })).find((found) => works(found, script));
}

const found = new Map<string, Found>();

/** The strongest isolation that this system offers for a script; tried once. */
function strongest(script: string): Found {
  const known = found.get(script);
  if (known) return known;
  let best: Found | undefined;
  for (const way of Object.keys(WAYS) as Isolation[]) best ??= offered(way, script);
  const chosen = best ?? { way: 'process', asNobody: false };
  found.set(script, chosen);
  return chosen;
}

/** A command, as whom it is run, and whether its folder is memory of its own that goes with it. */
export interface Isolated {
  readonly command: string;
  readonly args: readonly string[];
  readonly user: { uid?: number; gid?: number };
  readonly ownsFolder: boolean;
}

/** How a script is run apart. */
export function isolated(script: string, { way, asNobody } = strongest(script)): Isolated {
  const [command = '', ...args] = [...WAYS[way](asNobody), ...node, script];
  return { command, args, ownsFolder: way === 'bubblewrap', user: userOf(asNobody) };
}

/** The same in a control group, which only we may enter: rights are given up inside. */
export function isolatedIn(group: ControlGroup, { command, args, user, ownsFolder }: Isolated): Isolated {
  const [first = '', ...rest] = [...(user.uid === undefined ? [] : BECOME_NOBODY), command, ...args];
  return { ...group.entered(first, rest), user: {}, ownsFolder };
}

let canGiveUp: boolean | undefined;

/** Whether the kernel bounds what all processes of a parser take together; else their memory is measured. */
export function canBoundParsers(): boolean {
  const [command = '', ...rest] = [...BECOME_NOBODY, 'true'];
  const tried = { stdio: 'ignore', timeout: 10_000 } as const;
  canGiveUp ??= process.getuid?.() !== 0 || spawnSync(command, rest, tried).status === 0;
  return canGiveUp && canBoundTogether();
}
