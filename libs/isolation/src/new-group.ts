import { spawnSync } from 'node:child_process';
import { ControlGroup, type GroupLimits } from './control-group.js';
import { type GroupPlaces, groupPlaces } from './group-places.js';

const TRIAL: GroupLimits = { bytes: 64 * 2 ** 20, tasks: 16 };

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
    const group = ControlGroup.make(places, TRIAL);
    const { command, args } = group.entered('/bin/sh', ['-c', ':']);
    const { status } = spawnSync(command, args, { stdio: 'ignore', timeout: 10_000, env: {} });
    const isLimited = (group.bytes ?? Infinity) <= TRIAL.bytes && group.hasExceeded() === false;
    void group.remove();
    return status === 0 && isLimited;
  } catch {
    return false;
  }
}

/** Whether the kernel bounds what processes take together for us; else their memory is measured. */
export function canBoundTogether(): boolean {
  return workingPlaces() !== undefined;
}

/** A control group for what is started next; undefined where there are none. Throws where no further one is made. */
export function newGroup(limits: GroupLimits): ControlGroup | undefined {
  const places = workingPlaces();
  return places && ControlGroup.make(places, limits);
}
