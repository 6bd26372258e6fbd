import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ControlGroup } from './control-group.js';
import { type GroupPlaces, groupPlaces } from './group-places.js';
import { canBoundTogether } from './new-group.js';

const MB = 2 ** 20;
const LIMITS = { bytes: 64 * MB, tasks: 32 };

// On the kernel itself: only where this user may make groups, which the rest of the product does not need.
describe('a control group of the kernel', () => {
  let places: GroupPlaces | undefined;
  beforeAll(() => {
    places = canBoundTogether() ? groupPlaces() : undefined;
  });
  const folderOf = (group: ControlGroup): string => dirname(group.entered('x', []).args[3] ?? '');
  const run = (group: ControlGroup, script: string): { status: number | null; stdout: string } => {
    const { command, args } = group.entered('/bin/sh', ['-c', script]);
    return spawnSync(command, args, { encoding: 'utf8', timeout: 30_000 });
  };

  it('has a program in it before its first instruction, within its limits', async () => {
    if (!places) return;
    const group = ControlGroup.make(places, LIMITS);
    const { stdout } = run(group, 'cat /proc/self/cgroup');
    expect(stdout).toContain(folderOf(group).split('/').at(-1));
    expect(group.bytes).toBe(LIMITS.bytes);
    expect(group.hasExceeded()).toBe(false);
    await group.remove();
    expect(existsSync(folderOf(group))).toBe(false);
    expect(group.hasExceeded()).toBeUndefined();
  });

  it('ends what takes too much, however many share in it', async () => {
    if (!places) return;
    const group = ControlGroup.make(places, LIMITS);
    const hoard = '(head -c 50000000 /dev/zero; sleep 1) | tail -c 40000000 >/dev/null & ';
    run(group, `${hoard.repeat(3)} wait`);
    expect(group.hasExceeded()).toBe(true);
    await group.remove();
  });

  it('takes everything in it along, sessions of their own too, and is swept when its maker is gone', async () => {
    if (!places) return;
    const group = ControlGroup.make(places, LIMITS);
    const { command, args } = group.entered('/bin/sh', ['-c', 'setsid sleep 1000 & setsid sleep 1000']);
    const child = spawn(command, args, { stdio: 'ignore', detached: true });
    const procs = (): string[] =>
      readFileSync(join(folderOf(group), 'cgroup.procs'), 'utf8')
        .split('\n')
        .filter(Boolean);
    while (procs().length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    const sleepers = procs();
    await group.remove();
    expect(existsSync(folderOf(group))).toBe(false);
    // What is killed stays until its parent looks, which this one's is the machine's.
    const isAlive = (pid: string): boolean =>
      existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    while (sleepers.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20));

    // The process that this number belonged to began at another time.
    const left = join(places.memory, `belay-${child.pid}-1-0`);
    mkdirSync(left);
    const own = ControlGroup.make(places, LIMITS);
    ControlGroup.sweep(places);
    while (existsSync(left)) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(readdirSync(places.memory)).toContain(folderOf(own).split('/').at(-1));
    await own.remove();
  });
});
