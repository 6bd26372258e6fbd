import { readdirSync, readFileSync } from 'node:fs';

const KB = 1024;
const MOST_PROCESSES = 1000;

/** Bytes that a process and all below it hold alone or share in memory; files that they map are not theirs. */
export function memoryOf(root: number): number {
  let bytes = 0;
  const seen = new Set([root]);
  for (const pid of seen) {
    bytes += ownMemory(pid);
    if (seen.size < MOST_PROCESSES) for (const child of childrenOf(pid)) seen.add(child);
  }
  return bytes;
}

function ownMemory(pid: number): number {
  const status = read(`/proc/${pid}/status`);
  const kilobytes = [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)].map(([, amount]) =>
    Number(amount),
  );
  return kilobytes.reduce((sum, amount) => sum + amount * KB, 0);
}

// Each thread knows the processes that it started; what lost its parent is below the first process of its namespace.
function childrenOf(pid: number): number[] {
  const folder = `/proc/${pid}/task`;
  let threads: string[] = [];
  try {
    threads = readdirSync(folder);
  } catch {
    // It has ended.
  }
  return threads.flatMap((thread) =>
    read(`${folder}/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
