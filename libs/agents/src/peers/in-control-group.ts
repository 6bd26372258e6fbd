import { DomainError } from '@belay/errors';
import { type ControlGroup, newGroup } from '@belay/isolation';
import type { Launch } from './process-transport.js';

// RLIMIT_NPROC allows 128 inside; what makes the sandbox is counted as well.
const MOST_TASKS = 192;

/** The same start, with all that comes of it in a control group of its own, where there can be one. */
export function inControlGroup(launch: Launch): Launch {
  const group = madeFor(launch.mostBytes);
  if (!group) return launch;
  const release = async (): Promise<void> => {
    await group.remove();
    await launch.release?.();
  };
  return { ...launch, ...group.entered(launch.command, launch.args), group, release };
}

function madeFor(bytes: number): ControlGroup | undefined {
  try {
    return newGroup({ bytes, tasks: MOST_TASKS });
  } catch (cause) {
    const message = 'The system makes no further control group. Try again later.';
    throw new DomainError('peers.unavailable', message, { cause });
  }
}
