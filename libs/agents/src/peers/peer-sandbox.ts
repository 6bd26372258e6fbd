import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import type { StdioPeer } from '@belay/contracts';
import type { Launch } from './process-transport.js';

const MB = 2 ** 20;
const SYSTEM = ['/usr', '/lib', '/lib64', '/bin', '/etc/alternatives', '/etc/ld.so.cache'];
const SCRATCH_BYTES = 64 * MB;
const FILE_BYTES = 256 * MB;
const INFO_FD = 3;
const PEER = '/peer';
const SYSRQ = '/proc/sysrq-trigger';

const readOnly = (from: string, to: string): string[] => ['--ro-bind', realpathSync(from), to];
const bubblewrap = (): string[] => [
  'bwrap',
  ...['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv'],
  ...['--setenv', 'PATH', '/usr/bin:/bin', '--setenv', 'HOME', '/tmp', '--setenv', 'LANG', 'C.UTF-8'],
  // Root in a namespace of its own is still the owner of what the kernel lets every root write.
  ...['--dev', '/dev', '--proc', '/proc', '--ro-bind', '/proc/sys', '/proc/sys'],
  ...(existsSync(SYSRQ) ? ['--ro-bind', '/dev/null', SYSRQ] : []),
  ...SYSTEM.filter((path) => existsSync(path)).flatMap((path) => readOnly(path, path)),
  ...['--size', String(SCRATCH_BYTES), '--tmpfs', '/tmp'],
  ...readOnly(process.execPath, process.execPath),
];

let works: boolean | undefined;

/** Whether this system can keep a server apart from network, files and the other processes; tried once. */
export function canIsolate(): boolean {
  works ??=
    spawnSync('bwrap', [...bubblewrap().slice(1), '--', process.execPath, '--version'], {
      stdio: 'ignore',
      timeout: 10_000,
    }).status === 0;
  return works;
}

/**
 * The command that runs a server of MCP on its own: no network, no environment of ours, its artifact to be read only,
 * the folders that its contract names, memory bounded. When it ends, everything that it started ends.
 * @param folders the artifact, and the folder of each mount by its name
 */
export function sandboxed(
  peer: StdioPeer,
  folders: { readonly artifact: string; readonly mounts: Readonly<Record<string, string>> },
): Launch {
  const environment = Object.entries(peer.environment).flatMap(([name, value]) => ['--setenv', name, value]);
  const mounts = peer.mounts.flatMap(({ name, path, mode }) => [
    mode === 'rw' ? '--bind' : '--ro-bind',
    folders.mounts[name] ?? '',
    path,
  ]);
  const limits = [`--fsize=${FILE_BYTES}`, '--core=0', '--nofile=256', '--nproc=256'];
  const words = [
    ...bubblewrap(),
    ...environment,
    ...readOnly(folders.artifact, PEER),
    ...mounts,
    ...['--info-fd', String(INFO_FD), '--chdir', '/tmp', '--', 'prlimit', ...limits],
    // V8 reserves far more addresses than it uses: its heap is bounded by itself.
    ...[process.execPath, `--max-old-space-size=${peer.memoryMb}`, `${PEER}/${peer.entry}`, ...peer.args],
  ];
  const [command = '', ...args] = words;
  return { command, args, infoFd: INFO_FD };
}
