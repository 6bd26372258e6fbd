import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The folder of the kernel's file system below which groups are made, for each kind of limit. */
export interface GroupPlaces {
  readonly version: 1 | 2;
  readonly memory: string;
  readonly pids?: string | undefined;
  readonly cpu?: string | undefined;
}

type Kind = 'memory' | 'pids' | 'cpu';
const KINDS: readonly Kind[] = ['memory', 'pids', 'cpu'];
/** Where our own processes are while groups are beside them: in version 2 a group has either processes or groups. */
const SELF = 'belay-self';
// Our services against all servers: a server has a weight of 50.
const SELF_WEIGHT = '10000';
// Groups in which there is nothing but Belay: a container's, a unit's, or one made by systemd-run.
const OURS = /^$|\.service$|^run-.*\.scope$/;
const MOST_MOVES = 3;

interface Mount {
  readonly type: string;
  /** Which part of the hierarchy is mounted. */
  readonly root: string;
  readonly at: string;
  readonly options: readonly string[];
}

/**
 * Where this process may make control groups that limit memory, or undefined. What is found is not tried yet.
 * @param root of the file system
 */
export function groupPlaces(root = '/'): GroupPlaces | undefined {
  const own = linesOf(join(root, 'proc/self/cgroup')).map((line) => line.split(':'));
  const mounts = linesOf(join(root, 'proc/self/mountinfo')).flatMap(mountOf);
  const folderOf = (
    mount: Mount | undefined,
    controllers: (listed: string) => boolean,
  ): string | undefined => {
    const path = own
      .find(([, listed = '']) => controllers(listed))
      ?.slice(2)
      .join(':');
    const below = mount && path !== undefined ? within(path, mount.root) : undefined;
    return mount && below !== undefined ? join(root, mount.at, below).replace(/\/$/, '') : undefined;
  };
  const unified = mounts.find(({ type }) => type === 'cgroup2');
  const second = folderOf(unified, (listed) => listed === '');
  const delegated = second === undefined ? undefined : delegatedPlaces(second, join(root, unified?.at ?? ''));
  if (delegated) return delegated;
  const [memory, pids, cpu] = KINDS.map((kind) =>
    folderOf(
      mounts.find(({ type, options }) => type === 'cgroup' && options.includes(kind)),
      (listed) => listed.split(',').includes(kind),
    ),
  );
  return memory === undefined ? undefined : { version: 1, memory, pids, cpu };
}

/** The same in version 2: controllers have to be handed down, and for that our own processes have to make way. */
function delegatedPlaces(own: string, top: string): GroupPlaces | undefined {
  const folder = basename(own) === SELF ? dirname(own) : own;
  const offered = wordsOf(join(folder, 'cgroup.controllers'));
  if (!offered.includes('memory')) return undefined;
  const switches = join(folder, 'cgroup.subtree_control');
  const given = wordsOf(switches);
  // The root of the machine may have both; it alone has no type.
  const isRoot = !existsSync(join(folder, 'cgroup.type'));
  try {
    if (!given.includes('memory') && !isRoot) makeWay(folder, folder === top ? '' : basename(folder));
    const on = KINDS.filter(
      (kind) => given.includes(kind) || (offered.includes(kind) && isSet(switches, kind)),
    );
    const placeOf = (kind: Kind): string | undefined => (on.includes(kind) ? folder : undefined);
    return on.includes('memory')
      ? { version: 2, memory: folder, pids: placeOf('pids'), cpu: placeOf('cpu') }
      : undefined;
  } catch {
    // Another user's, or read-only.
    return undefined;
  }
}

/** Moves the processes of a group into one below it. */
function makeWay(folder: string, name: string): void {
  const procs = join(folder, 'cgroup.procs');
  if (linesOf(procs).length === 0) return;
  if (!OURS.test(name)) throw new Error('There may be others in this group.');
  const self = join(folder, SELF);
  mkdirSync(self, { recursive: true });
  for (let turn = 0; turn < MOST_MOVES; turn += 1)
    for (const pid of linesOf(procs)) moved(pid, join(self, 'cgroup.procs'));
}

function moved(pid: string, to: string): void {
  try {
    writeFileSync(to, pid);
  } catch (error) {
    // It has ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isSet(switches: string, kind: Kind): boolean {
  try {
    writeFileSync(switches, `+${kind}`);
    if (kind === 'cpu' && existsSync(join(dirname(switches), SELF)))
      writeFileSync(join(dirname(switches), SELF, 'cpu.weight'), SELF_WEIGHT);
    return true;
  } catch {
    return false;
  }
}

// A path as the whole hierarchy has it, as the part of it that is mounted has it.
function within(path: string, root: string): string | undefined {
  if (root === '/') return path.startsWith('/..') ? undefined : path;
  if (path === root) return '/';
  return path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}

// "36 35 98:0 /root /at options … - type source super-options"
function mountOf(line: string): Mount[] {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , root = '', at = ''] = before.split(' ');
  const [type = '', , options = ''] = after.split(' ');
  return type.startsWith('cgroup') ? [{ type, root, at, options: options.split(',') }] : [];
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

const wordsOf = (file: string): string[] => linesOf(file).flatMap((line) => line.split(' '));
