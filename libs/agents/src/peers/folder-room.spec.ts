import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { overfull } from './folder-room.js';

const MB = 2 ** 20;
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'belay-room-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const look = (
  more: { maxMb?: number; entries?: number; free?: number } = {},
): Promise<string | undefined> => {
  const { maxMb = 1, entries = 100, free = 0 } = more;
  return overfull([{ name: 'notes', folder, maxMb }], { entries, free });
};

describe('a folder that a server may write', () => {
  it('has room until it holds too much, however deep that lies', async () => {
    mkdirSync(join(folder, 'a/b/c'), { recursive: true });
    writeFileSync(join(folder, 'a/b/c/small'), Buffer.alloc(MB / 2, 1));
    expect(await look()).toBeUndefined();
    writeFileSync(join(folder, 'a/more'), Buffer.alloc(MB, 1));
    expect(await look()).toBe('the folder notes holds more than 1 MB');
    expect(await look({ maxMb: 2 })).toBeUndefined();
  });

  it('is counted as it takes of the disk, and not through its links', async () => {
    writeFileSync(join(folder, 'holes'), '');
    truncateSync(join(folder, 'holes'), 100 * MB);
    symlinkSync('/usr', join(folder, 'elsewhere'));
    symlinkSync(folder, join(folder, 'itself'));
    linkSync(join(folder, 'holes'), join(folder, 'again'));
    expect(await look()).toBeUndefined();
  });

  it('holds so many files, empty ones too', async () => {
    for (let n = 0; n < 11; n += 1) mkdirSync(join(folder, String(n)));
    expect(await look({ entries: 11 })).toBeUndefined();
    expect(await look({ entries: 10 })).toBe('the folder notes holds more than 10 files');
  });

  it('is full where it cannot be looked through', async () => {
    const deeper = `n=$(printf %0200d 0); for i in $(seq 25); do mkdir $n && cd -P $n || exit 1; done`;
    expect(spawnSync('/bin/bash', ['-c', deeper], { cwd: folder }).status).toBe(0);
    expect(await look()).toBe('the folder notes holds what cannot be looked at');
    spawnSync('rm', ['-r', join(folder, '0'.repeat(200))]);
    expect(await look()).toBeUndefined();
  });

  it('is full when its disk is', async () => {
    expect(await look({ free: Number.MAX_SAFE_INTEGER })).toMatch(/the disk .* notes is on has less than/);
  });
});
