import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { StdioPeer } from '@belay/contracts';
import { DomainError } from '@belay/errors';
import { canBoundTogether } from '@belay/isolation';
import { FORWARDER } from './egress-forwarder.js';
import type { Launch } from './process-transport.js';
import { seccompFilter } from './seccomp-filter.js';

const MB = 2 ** 20;
const SYSTEM = ['/usr', '/lib', '/lib64', '/bin', '/etc/alternatives', '/etc/ld.so.cache', '/etc/ssl/certs'];
const SCRATCH_BYTES = 64 * MB;
const SHARED_BYTES = 16 * MB;
const PEER = '/peer';
const EGRESS = '/run/egress';
const SYSRQ = '/proc/sysrq-trigger';
// "nobody", everywhere.
const NOBODY = '65534';
const [INFO_FD, FILTER_FD, ARGUMENTS_FD, ENVIRONMENT_FD] = [3, 4, 5, 6];
/** What a server may take of the machine besides memory. */
const LIMITS = ['--fsize=268435456', '--core=0', '--nofile=256', '--nproc=128', '--cpu=900'];
// Beside the heap of V8: its code, stacks and buffers.
const BESIDE_HEAP_MB = 128;

/** Of all processes together. */
const memoryOf = ({ memoryMb }: StdioPeer): number => (memoryMb + BESIDE_HEAP_MB) * MB;
// Of each by itself where they are only measured together; a control group says by itself that it was too much.
const alone = (peer: StdioPeer): string[] => (canBoundTogether() ? [] : [`--data=${memoryOf(peer)}`]);

/**
 * What is seen inside: the artifact, the folder of each mount by its name, and the folder of the way out, if any. A
 * mount without a folder is empty, in memory.
 */
export interface Folders {
  readonly artifact: string;
  readonly mounts: Readonly<Record<string, string>>;
  readonly egress?: string | undefined;
}

/** As whom a sandbox is made: with root's rights, given up inside, or within a namespace of users. */
type Mode = 'root' | 'user';

// The folders on the way to a path; made by themselves, they would be their maker's alone.
const parents = (path: string): string[] => {
  const above = dirname(path);
  return above === '/' ? [] : [...parents(above), '--perms', '0755', '--dir', above];
};
const readOnly = (from: string, to: string): string[] => ['--ro-bind', realpathSync(from), to];
const walls = (mode: Mode): string[] => [
  ...['--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
  ...(mode === 'user' ? ['--unshare-user'] : []),
  ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv'],
  ...['--setenv', 'PATH', '/usr/bin:/bin', '--setenv', 'HOME', '/tmp', '--setenv', 'LANG', 'C.UTF-8'],
  // Not bubblewrap's own: its terminals need a second namespace of users, to which the network does not belong.
  ...['--perms', '0755', '--size', String(MB), '--tmpfs', '/dev', '--symlink', '/proc/self/fd', '/dev/fd'],
  ...['null', 'zero', 'full', 'random', 'urandom'].flatMap((name) => [
    '--dev-bind',
    `/dev/${name}`,
    `/dev/${name}`,
  ]),
  ...['--perms', '1777', '--size', String(SHARED_BYTES), '--tmpfs', '/dev/shm'],
  // Root in a namespace of its own is still the owner of what the kernel lets every root write.
  ...['--proc', '/proc', '--ro-bind', '/proc/sys', '/proc/sys'],
  ...(existsSync(SYSRQ) ? ['--ro-bind', '/dev/null', SYSRQ] : []),
  ...[...SYSTEM, EGRESS, process.execPath].flatMap(parents),
  ...SYSTEM.filter((path) => existsSync(path)).flatMap((path) => readOnly(path, path)),
  ...['--perms', '1777', '--size', String(SCRATCH_BYTES), '--tmpfs', '/tmp'],
  ...readOnly(process.execPath, process.execPath),
];
// Memory that is no process's is written nowhere else.
const CLOSED = ['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', '/tmp'];

/**
 * From root's rights, or those that the way out needs, to none, and to system calls that are filtered. Only what comes
 * after has the environment of the server: what has rights runs nothing that a contract names.
 */
function giveUp(mode: Mode, given?: { readonly hasFilter: boolean }): string[] {
  const nobody = ['--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', '--no-new-privs'];
  return [
    ...['setpriv', '--inh-caps=-all', ...(mode === 'root' ? nobody : ['--ambient-caps=-all'])],
    ...[
      'bwrap',
      '--unshare-user',
      ...(mode === 'user' ? ['--uid', NOBODY, '--gid', NOBODY] : []),
      '--dev-bind',
      '/',
      '/',
      '--die-with-parent',
      '--cap-drop',
      'ALL',
    ],
    ...(given?.hasFilter ? ['--seccomp', String(FILTER_FD)] : []),
    ...(given ? ['--args', String(ENVIRONMENT_FD)] : []),
    '--',
  ];
}

let found: Mode | 'none' | undefined;

/** How this system keeps a server apart from network, files and the other processes; tried once. */
function sandboxMode(): Mode | 'none' {
  const works = (mode: Mode): boolean => {
    const program = [...giveUp(mode), process.execPath, '--version'];
    const options = { stdio: 'ignore', timeout: 10_000 } as const;
    return (
      spawnSync('bwrap', [...walls(mode), ...rights(mode, false), ...CLOSED, '--', ...program], options)
        .status === 0
    );
  };
  found ??=
    (['root', 'user'] as const).find(
      (mode) => (mode === 'user' || process.getuid?.() === 0) && works(mode),
    ) ?? 'none';
  return found;
}

/** Whether this system can keep a server apart; tried once. */
export function canIsolate(): boolean {
  return sandboxMode() !== 'none';
}

function rights(mode: Mode, hasEgress: boolean): string[] {
  const wanted = [
    ...(mode === 'root' ? ['SETUID', 'SETGID', 'CHOWN', 'DAC_OVERRIDE'] : []),
    ...(hasEgress ? ['NET_BIND_SERVICE'] : []),
  ];
  return wanted.flatMap((name) => ['--cap-add', `CAP_${name}`]);
}

/**
 * How a server of MCP is run on its own: nobody's rights, no environment of ours, its artifact to be read only, the
 * folders that its contract names, the hosts that it names and no other network, memory, processes, files and computing
 * bounded. When it ends, everything that it started ends.
 * @param environment by name; not seen in the list of processes
 */
export function sandboxed(
  peer: StdioPeer,
  folders: Folders,
  environment: Readonly<Record<string, string>>,
): Launch {
  const mode = sandboxMode() === 'user' ? 'user' : 'root';
  const hidden = [
    ...walls(mode),
    ...rights(mode, folders.egress !== undefined),
    ...readOnly(folders.artifact, PEER),
    ...peer.mounts.flatMap(({ path }) => parents(path)),
    ...peer.mounts.flatMap((mount) => mounted(mount, folders.mounts[mount.name])),
    ...(folders.egress === undefined ? [] : egressBinds(folders.egress)),
    ...CLOSED,
  ];
  const filter = seccompFilter();
  const writable = peer.mounts.filter(({ mode: access }) => access === 'rw').map(({ path }) => path);
  const args = [
    ...['--info-fd', String(INFO_FD), '--args', String(ARGUMENTS_FD), '--'],
    ...(mode === 'root' ? handOver(writable) : []),
    ...(folders.egress === undefined ? [] : [process.execPath, '-e', FORWARDER, '--', EGRESS]),
    ...giveUp(mode, { hasFilter: filter !== undefined }),
    ...['nice', '-n', '5', 'prlimit', ...LIMITS, ...alone(peer), process.execPath],
    ...[`--max-old-space-size=${peer.memoryMb}`, `${PEER}/${peer.entry}`, ...peer.args],
  ];
  return {
    command: 'bwrap',
    args,
    infoFd: INFO_FD,
    // Of an empty file bubblewrap takes no filter.
    given: {
      [FILTER_FD]: filter ?? Buffer.alloc(0),
      [ARGUMENTS_FD]: words(hidden),
      [ENVIRONMENT_FD]: words(Object.entries(environment).flatMap((pair) => ['--setenv', ...pair])),
    },
    mostBytes: memoryOf(peer),
  };
}

// How bubblewrap reads arguments from a descriptor: a word with a NUL in it would be several.
function words(all: readonly string[]): Buffer {
  if (all.some((word) => word.includes('\0')))
    throw new DomainError('peers.refused', 'What a server is given must not contain a NUL character.');
  return Buffer.from(all.map((word) => `${word}\0`).join(''));
}

function mounted({ path, mode }: StdioPeer['mounts'][number], folder: string | undefined): string[] {
  // The program that has rights before the server runs would come from the folder.
  if (process.execPath.startsWith(`${path}/`))
    throw new DomainError('peers.refused', `Node.js is below ${path} here. Mount the folder elsewhere.`);
  if (folder === undefined) return ['--perms', '1777', '--size', String(SHARED_BYTES), '--tmpfs', path];
  return [mode === 'rw' ? '--bind' : '--ro-bind', folder, path];
}

/** The same program without any walls, where an administrator decided so. */
export function unsandboxed(
  peer: StdioPeer,
  folders: Folders,
  environment: Readonly<Record<string, string>>,
): Launch {
  const limits = LIMITS.filter((limit) => !limit.startsWith('--nproc'));
  const program = [
    process.execPath,
    `--max-old-space-size=${peer.memoryMb}`,
    `${folders.artifact}/${peer.entry}`,
  ];
  const inPlace = (word: string): string =>
    peer.mounts.reduce((text, { name, path }) => text.replaceAll(path, folders.mounts[name] ?? path), word);
  return {
    command: 'prlimit',
    args: [...limits, ...alone(peer), ...program, ...peer.args.map(inPlace)],
    environment,
    mostBytes: memoryOf(peer),
  };
}

// What the folders hold from before belongs to somebody else. Links are not followed, and outside of the folders
// nothing can be written here.
const handOver = (paths: readonly string[]): string[] =>
  paths.length === 0
    ? []
    : ['/bin/sh', '-c', `chown -R -h ${NOBODY}:${NOBODY} ${paths.join(' ')} 2>/dev/null; exec "$@"`, 'sh'];

const egressBinds = (folder: string): string[] => [
  ...['--ro-bind', folder, EGRESS],
  ...[
    '--ro-bind',
    `${folder}/hosts`,
    '/etc/hosts',
    '--ro-bind',
    `${folder}/nsswitch.conf`,
    '/etc/nsswitch.conf',
  ],
];
