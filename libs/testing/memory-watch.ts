import { readdirSync, readFileSync } from 'node:fs';

const EVERY_MS = 250;

/** Peaks of memory in MB: of a service's own process, of one parser below it, and of all of them at one time. */
export interface Peaks {
  service: number;
  parser: number;
  together: number;
}

/** Looks at a service and what it starts, again and again, until it is stopped. Follows it to its next process. */
export function watchMemory(pidOf: () => number | undefined): { peaks: Peaks; stop: () => void } {
  const peaks: Peaks = { service: 0, parser: 0, together: 0 };
  const timer = setInterval(() => {
    const root = pidOf();
    if (root === undefined) return;
    let together = 0;
    for (const pid of below(root)) {
      const { now, peak } = memoryOf(pid);
      together += now;
      const kind = pid === root ? 'service' : 'parser';
      peaks[kind] = Math.max(peaks[kind], peak);
    }
    peaks.together = Math.max(peaks.together, together);
  }, EVERY_MS);
  return { peaks, stop: () => clearInterval(timer) };
}

/** A process and all that it started, directly or not. */
export function below(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = Number(/\nPPid:\s+(\d+)/.exec(statusOf(Number(name)))?.[1] ?? 0);
    parents.set(Number(name), parent);
  }
  const found = [root];
  for (const pid of found) {
    for (const [child, parent] of parents) if (parent === pid) found.push(child);
  }
  return found;
}

function memoryOf(pid: number): { now: number; peak: number } {
  const status = statusOf(pid);
  const megabytes = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}
