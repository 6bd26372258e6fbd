import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const TICKS_A_SECOND = 100;
const LOOK_MS = 300;
const REST_MS = 10;
const MOST_LOOKS = 200;

/**
 * Milliseconds of processor time that each service and its children have used so far, by name. What a request costs
 * in these does not depend on how many others are at work on the machine, as its duration does.
 */
export function processorTime(pids) {
  const all = processes();
  const spent = (root) => [...within(root, all)].reduce((sum, pid) => sum + all.get(pid).ms, 0);
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, spent(pid)]));
}

/** Waits until a process uses no processor time, so that nothing that it still has to do is counted to another. */
export async function untilAtRest(pid) {
  for (let look = 0, before = processorTime({ pid }).pid; look < MOST_LOOKS; look += 1) {
    await sleep(LOOK_MS);
    const now = processorTime({ pid }).pid;
    if (now - before <= REST_MS) return;
    before = now;
  }
  throw new Error(`process ${pid} is never at rest`);
}

/** Every process of this machine by its number, with its parent and the processor time that it has used. */
export function processes() {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(numbers.flatMap((name) => readProcess(Number(name))));
}

/** The numbers of a process and of everything that it started. */
export function within(root, all) {
  const found = new Set(all.has(root) ? [root] : []);
  for (let before = -1; before < found.size;) {
    before = found.size;
    for (const [pid, { parent }] of all) if (found.has(parent)) found.add(pid);
    if (found.size === before) break;
  }
  return found;
}

function readProcess(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return [[pid, { parent: Number(fields[1]), ms: (ticks * 1000) / TICKS_A_SECOND }]];
  } catch {
    return []; // it has ended meanwhile
  }
}
