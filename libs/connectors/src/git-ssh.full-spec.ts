import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { everything } from '@belay/testing/connector-kit';
import { type GitServer, makeRepository, serveOverSsh } from '@belay/testing/git-servers';
import { GitConnector } from './git-connector.js';

// Against OpenSSH's server on loopback. `npm run test:full` installs it where it may; where it is missing, this fails.
describe('the Git connector over ssh', () => {
  const top = mkdtempSync(join(tmpdir(), 'belay ssh’s '));
  const trust = join(top, 'trust');
  let server: GitServer;

  beforeAll(async () => {
    makeRepository(join(top, 'served/team.git'), { 'a.md': 'text of a' });
    const own = join(top, 'server');
    mkdirSync(own, { mode: 0o700 });
    server = await serveOverSsh(own, trust);
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(top, { recursive: true, force: true });
  });

  let count = 0;
  const open = (from: string): Promise<GitConnector> =>
    GitConnector.open(
      {
        location: `${server.address}${encodeURI(join(top, 'served/team.git'))}`,
        branch: 'main',
        folder: join(top, `clone-${(count += 1)}`),
      },
      { roots: [], remotes: [server.address], trust: from },
    );

  it('lists and fetches a branch with the key that was put there', async () => {
    const connector = await open(trust);
    const [entry] = await everything(connector);
    if (!entry) throw new Error('nothing was listed');
    expect((await connector.fetch(entry)).toString()).toBe('text of a');
    await connector.close();
  });

  it('speaks to no host that is not known, and as nobody without the key', async () => {
    const unknown = join(top, 'unknown');
    mkdirSync(unknown);
    writeFileSync(join(unknown, 'known_hosts'), '');
    await expect((await open(unknown)).list(null)).rejects.toThrow('Git failed');
    const keyless = join(top, 'keyless');
    mkdirSync(keyless);
    copyFileSync(join(trust, 'known_hosts'), join(keyless, 'known_hosts'));
    await expect((await open(keyless)).list(null)).rejects.toThrow('Git failed');
  });
});
