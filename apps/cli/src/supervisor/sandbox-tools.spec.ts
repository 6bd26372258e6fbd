import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ensureSandbox } from './sandbox-tools.js';

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('bubblewrap at the start', () => {
  let folder: string;
  let notes: string[];
  const program = (name: string, script: string): void => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  const ensure = (offline: boolean): void =>
    ensureSandbox({ PATH: folder }, offline, (line) => void notes.push(line));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'belay-tools-'));
    notes = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('says nothing where it is there', () => {
    program('bwrap', 'exit 0');
    ensure(false);
    expect(notes).toEqual([]);
  });

  it('says once what is missing, and installs nothing, when it starts offline', () => {
    program('apt-get', 'exit 1');
    ensure(true);
    expect(notes).toEqual([expect.stringMatching(/not installed.*apt-get install -y bubblewrap/)]);
  });

  it('installs it where it may, and goes on without it where that fails', () => {
    // Stands for Debian's installer, which needs a network.
    program('apt-get', `echo "$@" >> ${folder}/asked; [ "$1" != install ] || exit 1`);
    ensure(false);
    const isRoot = process.getuid?.() === 0;
    expect(notes).toHaveLength(isRoot ? 2 : 1);
    if (isRoot) expect(readFileSync(join(folder, 'asked'), 'utf8')).toContain('install -y bubblewrap');
  });
});
