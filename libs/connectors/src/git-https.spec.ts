import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { everything } from '@belay/testing/connector-kit';
import { type GitServer, makeCertificate, makeRepository, serveOverHttps } from '@belay/testing/git-servers';
import { GitConnector } from './git-connector.js';

// Against `git http-backend` behind TLS with a certificate that signs itself, and a password.
const PASSWORD = 'quokka-secret';

describe('the Git connector over https', () => {
  const top = mkdtempSync(join(tmpdir(), 'belay-https-'));
  const trust = join(top, 'trust');
  let server: GitServer;

  beforeAll(async () => {
    makeRepository(join(top, 'served/team.git'), { 'a.md': 'text of a', 'hr/pay.md': 'text of pay' });
    const pair = makeCertificate(top);
    mkdirSync(trust);
    copyFileSync(pair.certificate, join(trust, 'ca.pem'));
    server = await serveOverHttps(join(top, 'served'), pair, PASSWORD);
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(top, { recursive: true, force: true });
  });

  let count = 0;
  const open = (
    address: string,
    allowed: { remotes?: string[]; trust?: string } = {},
  ): Promise<GitConnector> =>
    GitConnector.open(
      { location: `${address}/team.git`, branch: 'main', folder: join(top, `clone-${(count += 1)}`) },
      { roots: [], remotes: [address], trust, ...allowed },
    );
  const reasonOf = async (connector: GitConnector): Promise<string> =>
    connector.list(null).then(
      () => 'it was listed',
      (error: Error) => error.message,
    );

  it('lists and fetches a branch, and leaves nothing behind', async () => {
    const connector = await open(server.address);
    const entries = await everything(connector);
    expect(entries.map(({ path }) => path)).toEqual(['a.md', 'hr/pay.md']);
    const [first] = entries;
    if (!first) throw new Error('nothing was listed');
    expect((await connector.fetch(first)).toString()).toBe('text of a');
    await connector.close();
    expect(execFileSync('ls', [top], { encoding: 'utf8' })).not.toContain(`clone-${count}`);
  });

  it('trusts no certificate but those that were put there', async () => {
    const reason = await reasonOf(await open(server.address, { trust: join(top, 'empty') }));
    expect(reason).toMatch(/^Git failed: .*certificate/i);
  });

  it('asks nobody for a password, and tells none in its reasons', async () => {
    const wrong = server.address.replace(PASSWORD, 'wombat-secret');
    const reason = await reasonOf(await open(wrong));
    expect(reason).toMatch(/^Git failed: .*(?:Authentication failed|could not read)/);
    expect(reason).not.toContain('wombat');
    expect(await reasonOf(await open(server.address.replace('reader:quokka-secret@', '')))).toMatch(
      /^Git failed: /,
    );
  });

  it('says that a branch or a repository is not there', async () => {
    const elsewhere = await GitConnector.open(
      { location: `${server.address}/none.git`, branch: null, folder: join(top, 'none') },
      { roots: [], remotes: [server.address], trust },
    );
    const reason = await reasonOf(elsewhere);
    expect(reason).toMatch(/^Git failed: .*not found/);
    expect(reason).not.toContain(PASSWORD);
  });
});
