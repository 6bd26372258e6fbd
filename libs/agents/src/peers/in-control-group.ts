import { spawnSync } from 'node:child_process';
import { DomainError } from '@belay/errors';
import { ControlGroup } from './control-group.js';
import { type GroupPlaces, groupPlaces } from './group-places.js';
import type { Launch } from './process-transport.js';

// RLIMIT_NPROC allows 128 inside; what makes the sandbox is counted as well.
const MOST_TASKS = 192;
const TRIAL_BYTES = 64 * 2 ** 20;

let found: { readonly places: GroupPlaces | undefined } | undefined;

/** Where control groups work for this process; tried once, and what others left there is removed. */
function workingPlaces(): GroupPlaces | undefined {
  if (found) return found.places;
  const places = groupPlaces();
  found = { places: places && works(places) ? places : undefined };
  if (found.places) ControlGroup.sweep(found.places);
  return found.places;
}

function works(places: GroupPlaces): boolean {
  try {
    const group = ControlGroup.make(places, { bytes: TRIAL_BYTES, tasks: MOST_TASKS });
    const { command, args } = group.entered('/bin/sh', ['-c', ':']);
    const { status } = spawnSync(command, args, { stdio: 'ignore', timeout: 10_000, env: {} });
    const isLimited = (group.bytes ?? Infinity) <= TRIAL_BYTES && group.hasExceeded() === false;
    void group.remove();
    return status === 0 && isLimited;
  } catch {
    return false;
  }
}

/** Whether the kernel bounds the memory of each server's processes together; else it is measured. */
export function canBoundTogether(): boolean {
  return workingPlaces() !== undefined;
}

/** The same start, with all that comes of it in a control group of its own, where there can be one. */
export function inControlGroup(launch: Launch): Launch {
  const places = workingPlaces();
  if (!places) return launch;
  const group = madeIn(places, launch.mostBytes);
  const release = async (): Promise<void> => {
    await group.remove();
    await launch.release?.();
  };
  return { ...launch, ...group.entered(launch.command, launch.args), group, release };
}

function madeIn(places: GroupPlaces, bytes: number): ControlGroup {
  try {
    return ControlGroup.make(places, { bytes, tasks: MOST_TASKS });
  } catch (cause) {
    throw new DomainError(
      'peers.unavailable',
      'The system makes no further control group. Try again later.',
      {
        cause,
      },
    );
  }
}
