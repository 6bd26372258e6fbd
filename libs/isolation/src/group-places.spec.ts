import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ControlGroup } from './control-group.js';
import { groupPlaces } from './group-places.js';

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'belay-groups-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const MOUNT = '/sys/fs/cgroup';
const at = (path: string): string => join(root, MOUNT, path);
const said = (path: string): string => readFileSync(at(path), 'utf8');
function put(files: Readonly<Record<string, string | undefined>>): void {
  for (const [path, text] of Object.entries(files)) {
    if (text === undefined) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
/** A machine of version 2 whose processes are in the group `own`. */
function second(own: string, files: Readonly<Record<string, string | undefined>> = {}, mounted = '/'): void {
  const folder = own === mounted ? '' : own;
  put({
    'proc/self/cgroup': `0::${own}\n`,
    'proc/self/mountinfo': `31 23 0:28 ${mounted} ${MOUNT} rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n`,
    [`${MOUNT}${folder}/cgroup.controllers`]: 'cpuset cpu io memory pids\n',
    [`${MOUNT}${folder}/cgroup.subtree_control`]: '\n',
    [`${MOUNT}${folder}/cgroup.type`]: 'domain\n',
    [`${MOUNT}${folder}/cgroup.procs`]: '41\n42\n',
    ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`${MOUNT}${folder}/${path}`, text])),
  });
}

describe('version 2', () => {
  it.each(['/system.slice/belay.service', '/user.slice/run-u7.scope'])(
    'makes way in %s: our processes go below it, and it hands its controllers down',
    (own) => {
      second(own);
      expect(groupPlaces(root)).toEqual({ version: 2, memory: at(own), pids: at(own), cpu: at(own) });
      expect(said(`${own}/belay-self/cgroup.procs`)).toBe('42');
      expect(said(`${own}/belay-self/cpu.weight`)).toBe('10000');
      expect(said(`${own}/cgroup.subtree_control`)).toBe('+cpu');
    },
  );

  it('is at home in a container, and where it made way before', () => {
    second('/');
    expect(groupPlaces(root)?.memory).toBe(at(''));
    second('/', { 'cgroup.subtree_control': 'memory pids\n', 'cgroup.procs': '' });
    put({ 'proc/self/cgroup': '0::/belay-self\n' });
    expect(groupPlaces(root)).toEqual({ version: 2, memory: at(''), pids: at(''), cpu: at('') });
  });

  it('leaves the processes of others where they are', () => {
    second('/user.slice/session-3.scope');
    expect(groupPlaces(root)).toBeUndefined();
    second('/app.slice/terminal.scope', { 'cgroup.procs': '7\n' });
    expect(groupPlaces(root)).toBeUndefined();
  });

  it('has nothing without the controller, or with folders that it may not write', () => {
    second('/a.service', { 'cgroup.controllers': 'cpu pids\n' });
    expect(groupPlaces(root)).toBeUndefined();
    second('/b.service', { 'cgroup.procs': '', 'cgroup.subtree_control': undefined });
    mkdirSync(at('/b.service/cgroup.subtree_control'));
    expect(groupPlaces(root)).toBeUndefined();
  });

  it('makes a group that has its limits before anything is in it', () => {
    second('/a.service');
    const places = groupPlaces(root);
    if (!places) throw new Error('no place');
    const group = ControlGroup.make(places, { bytes: 1000, tasks: 7 });
    const [, , , entry = ''] = group.entered('server', ['a']).args;
    const folder = dirname(entry);
    const file = (name: string): string => readFileSync(join(folder, name), 'utf8');
    expect(folder).toMatch(/a\.service\/belay-\d+-\d+-[0-9a-f]{12}$/);
    expect([file('memory.max'), file('memory.swap.max'), file('memory.oom.group')]).toEqual([
      '1000',
      '0',
      '1',
    ]);
    expect([file('pids.max'), file('cpu.weight'), group.bytes]).toEqual(['7', '50', 1000]);
    const events = (text: string): boolean | undefined => {
      writeFileSync(join(folder, 'memory.events'), text);
      return group.hasExceeded();
    };
    expect(group.hasExceeded()).toBeUndefined();
    expect(events('low 0\nhigh 0\nmax 3\noom 0\noom_kill 0\noom_group_kill 0\n')).toBe(false);
    expect(events('low 0\nhigh 0\nmax 3\noom 0\noom_kill 1\noom_group_kill 0\n')).toBe(false);
    expect(events('low 0\nhigh 0\nmax 3\noom 1\noom_kill 4\noom_group_kill 1\n')).toBe(true);
    group.kill();
    expect(file('cgroup.kill')).toBe('1');
  });
});

describe('version 1', () => {
  const lines = ['8:pids:/', '4:memory:/docker/ab', '1:cpu,cpuacct:/docker/ab', '0::/'];
  const mount = (controller: string, part = '/'): string =>
    `35 31 0:32 ${part} ${MOUNT}/${controller} rw - cgroup cgroup rw,${controller}\n`;

  it('has a hierarchy for each kind of limit', () => {
    put({
      'proc/self/cgroup': lines.join('\n'),
      'proc/self/mountinfo': mount('memory', '/docker/ab') + mount('pids') + mount('cpu,cpuacct'),
    });
    expect(groupPlaces(root)).toEqual({
      version: 1,
      memory: at('memory'),
      pids: at('pids'),
      cpu: at('cpu,cpuacct/docker/ab'),
    });
  });

  it('has nothing where the own group is not below what is mounted, or memory is not', () => {
    put({ 'proc/self/cgroup': lines.join('\n'), 'proc/self/mountinfo': mount('memory', '/docker/cd') });
    expect(groupPlaces(root)).toBeUndefined();
    put({ 'proc/self/mountinfo': mount('pids') });
    expect(groupPlaces(root)).toBeUndefined();
    put({ 'proc/self/cgroup': '', 'proc/self/mountinfo': '' });
    expect(groupPlaces(root)).toBeUndefined();
  });
});
