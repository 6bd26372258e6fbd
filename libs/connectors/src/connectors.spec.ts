import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { type ConnectorWorld, everything, itKeepsTheContract } from '@belay/testing/connector-kit';
import { FolderConnector } from './folder-connector.js';
import { GitConnector } from './git-connector.js';

const top = mkdtempSync(join(tmpdir(), 'belay-connectors-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));
const git = (folder: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', HOME: top },
    stdio: 'pipe',
  });

function changes(folder: string): Omit<ConnectorWorld, 'open' | 'commit'> {
  const at = (path: string): string => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    return join(folder, path);
  };
  return {
    write: (path, text) => writeFileSync(at(path), text),
    rename: (from, to) => renameSync(at(from), at(to)),
    remove: (path) => rmSync(at(path)),
    link: (path, target) => symlinkSync(target, at(path)),
  };
}

function folderWorld(): ConnectorWorld {
  const folder = mkdtempSync(join(top, 'folder-'));
  return { ...changes(folder), commit: () => undefined, open: () => FolderConnector.open(folder, [top]) };
}

function gitWorld(): ConnectorWorld & { folder: string } {
  const folder = mkdtempSync(join(top, 'git-'));
  git(folder, 'init', '--quiet', '--initial-branch=main');
  let count = 0;
  return {
    ...changes(folder),
    folder,
    commit: () =>
      void (git(folder, 'add', '--all'), git(folder, 'commit', '--quiet', '--allow-empty', '-m', 'x')),
    open: () =>
      GitConnector.open(
        { location: folder, branch: 'main', folder: join(top, `clone-${folder.slice(-6)}-${count++}`) },
        { roots: [top], remotes: [] },
      ),
  };
}

describe('the folder connector', () => {
  itKeepsTheContract(folderWorld);

  it('reads nothing outside the roots: no other folder, no link to one, no root when none is named', async () => {
    const folder = mkdtempSync(join(top, 'inside-'));
    const outside = mkdtempSync(join(tmpdir(), 'belay-outside-'));
    symlinkSync(outside, join(folder, 'way-out'));
    for (const location of [
      outside,
      join(folder, 'way-out'),
      join(folder, '..', '..'),
      '/etc',
      join(folder, 'none'),
    ]) {
      await expect(FolderConnector.open(location, [folder])).rejects.toThrow('may not read that place');
    }
    await expect(FolderConnector.open(folder, [])).rejects.toThrow('may not read that place');
    await expect(FolderConnector.open(`${folder}-beside`, [folder])).rejects.toThrow(
      'may not read that place',
    );
    rmSync(outside, { recursive: true });
  });

  it('does not follow a folder that became a link after it was listed', async () => {
    const folder = mkdtempSync(join(top, 'swapped-'));
    const outside = mkdtempSync(join(top, 'other-'));
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub/a.md'), 'mine');
    writeFileSync(join(outside, 'a.md'), 'mine');
    const connector = await FolderConnector.open(folder, [folder]);
    const [entry] = await everything(connector);
    if (!entry) throw new Error('nothing was listed');
    rmSync(join(folder, 'sub'), { recursive: true });
    symlinkSync(outside, join(folder, 'sub'));
    await expect(connector.fetch(entry)).rejects.toThrow('no longer a file of this folder');
  });
});

describe('the Git connector', () => {
  itKeepsTheContract(gitWorld);

  it.each([
    ['--upload-pack=touch /tmp/x', null],
    ['ext::sh -c touch% /tmp/x', null],
    ['https://example.org.evil.test/x.git', null],
    ['https://example.org/team/../other/x.git', null],
    ['https://example.org/team/%2e%2e/x.git', null],
    ['http://example.org/team/x.git', null],
    ['file:///etc', null],
    ['https://example.org/team/x.git', '--upload-pack=x'],
    ['https://example.org/team/x.git', 'a..b'],
  ])('refuses %s at %s', async (location, branch) => {
    const place = { location, branch, folder: join(top, 'never') };
    const allowed = { roots: [], remotes: ['https://example.org/team', 'http://example.org/team'] };
    await expect(GitConnector.open(place, allowed)).rejects.toThrow();
    expect(existsSync(place.folder)).toBe(false);
  });

  it('runs nothing of the repository, takes no submodule, names LFS pointers, and leaves nothing behind', async () => {
    const world = gitWorld();
    const mark = join(top, 'ran');
    world.write('.gitattributes', '*.md filter=evil');
    world.write('a.md', 'text');
    world.write('b.bin', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n');
    world.commit();
    git(world.folder, 'config', 'filter.evil.smudge', `touch ${mark}`);
    for (const hook of ['post-checkout', 'reference-transaction', 'post-update'])
      writeFileSync(join(world.folder, '.git/hooks', hook), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
    git(world.folder, 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},sub`);
    git(world.folder, '-c', 'core.hooksPath=/dev/null', 'commit', '--quiet', '-m', 'sub');
    const connector = await world.open();
    const entries = await everything(connector);
    expect(entries.map((entry) => entry.path)).toEqual(['a.md', 'b.bin']);
    const [text, pointer] = entries;
    if (!text || !pointer) throw new Error('two files were listed');
    expect((await connector.fetch(text)).toString()).toBe('text');
    await expect(connector.fetch(pointer)).rejects.toThrow('Git LFS');
    expect(existsSync(mark)).toBe(false);
    await connector.close();
  });

  it('says why a repository cannot be read', async () => {
    const empty = mkdtempSync(join(top, 'empty-'));
    const place = { location: empty, branch: null, folder: join(top, 'no-clone') };
    const connector = await GitConnector.open(place, { roots: [top], remotes: [] });
    await expect(connector.list(null)).rejects.toThrow('Git failed');
  });
});
