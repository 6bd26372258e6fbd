import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { CliError } from '../failure.js';
import { readRunState } from './run-file.js';

interface Holder {
  readonly pid: number;
  /** When the kernel started that process: tells it from a later process with the same number. */
  readonly birth: string;
}

/** The start time of a process as the kernel counts it; empty where that cannot be known. */
function birthOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces, so fields are counted after its end; start time is the 22nd.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** True while a process of this number exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    const [pid = '', birth = ''] = readFileSync(path, 'utf8').trim().split(' ');
    return /^\d+$/.test(pid) ? { pid: Number(pid), birth } : undefined;
  } catch {
    return undefined;
  }
}

/** The process number of the live instance that holds this lock, or undefined. */
export function lockHolder(path: string): number | undefined {
  const holder = readHolder(path);
  if (holder === undefined || !isAlive(holder.pid)) return undefined;
  const birth = birthOf(holder.pid);
  return birth === '' || holder.birth === '' || birth === holder.birth ? holder.pid : undefined;
}

/** Takes the lock for this process or says who holds it. A lock whose process is gone is removed. */
export function acquireLock(path: string, runFile: string): void {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, `${process.pid} ${birthOf(process.pid)}\n`, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      if (tryLink(own, path)) return;
      const holder = lockHolder(path);
      if (holder !== undefined) throw alreadyRunning(holder, runFile);
      rmSync(path, { force: true });
    }
    throw new CliError(`The lock ${path} could not be taken. Try again.`);
  } finally {
    rmSync(own, { force: true });
  }
}

// A hard link is made whole or not at all, so two starts at once cannot both win.
function tryLink(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function alreadyRunning(pid: number, runFile: string): CliError {
  const address = readRunState(runFile)?.address;
  const where = address ? `at ${address}` : 'and still starting';
  return new CliError(
    `Belay is already running ${where} (process ${pid}). Stop it with "belay down", or set BELAY_HOME to another folder.`,
  );
}

/** Gives the lock back if it is ours. */
export function releaseLock(path: string): void {
  if (readHolder(path)?.pid === process.pid) rmSync(path, { force: true });
}
