import { readFileSync } from 'node:fs';
import { processes, within } from './processor-time.mjs';

const EVERY_MS = 50;

/**
 * Watches the services and whatever they start; `stop` returns the largest resident set in MB of each service and
 * of the largest process that it started (a parser, for the worker).
 */
export function watchMemory(pids) {
  const peaks = {};
  const look = () => {
    const all = processes();
    for (const [name, root] of Object.entries(pids)) {
      for (const pid of within(root, all)) {
        const key = pid === root ? name : `${name}_child`;
        peaks[key] = Math.max(peaks[key] ?? 0, residentMb(pid));
      }
    }
  };
  const timer = setInterval(look, EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return peaks;
    },
  };
}

// The kernel keeps the highest value itself, so that nothing between two looks is missed.
function residentMb(pid) {
  try {
    const kib = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    return Math.round((kib * 1024) / 1e6);
  } catch {
    return 0;
  }
}
