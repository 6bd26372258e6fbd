import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { databases, LOGIN_PASSWORD, type Stack, startStack } from '@belay/testing/stack';
import pg from 'pg';
import { Database } from './database.js';
import { provideLogins } from './logins.js';
import { migrate } from './migrator.js';

// The embedded server has one user, whom only processes of this machine's user can reach.
const onNative = databases().includes('native') ? describe : describe.skip;
onNative('the logins of the services', () => {
  const chosen = { api: LOGIN_PASSWORD, worker: LOGIN_PASSWORD, agent: LOGIN_PASSWORD };
  let stack: Stack;
  let ownerUrl: string;
  let urls: { api: string; worker: string; agent: string };

  beforeAll(async () => {
    stack = await startStack('native', { isEmpty: true });
    ownerUrl = stack.environment['BELAY_DATABASE_URL'] ?? '';
    await migrate({ connectionString: ownerUrl });
    urls = await provideLogins(ownerUrl, chosen);
  }, 120_000);
  afterAll(() => stack.stop());

  /** The error code of the last of some statements, or nothing where all of them pass. */
  async function codeOf(url: string, ...statements: string[]): Promise<string | undefined> {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      for (const statement of statements) await client.query(statement);
      return undefined;
    } catch (error) {
      return (error as { code?: string }).code;
    } finally {
      await client.end();
    }
  }

  const REFUSED = '42501';
  it.each([
    ['api', 'belay_api', undefined],
    ['api', 'belay_reader', undefined],
    ['api', 'belay_worker', REFUSED],
    ['api', 'belay_owner', REFUSED],
    ['worker', 'belay_worker', undefined],
    ['worker', 'belay_reader', REFUSED],
    ['worker', 'belay_api', REFUSED],
    ['worker', 'belay_owner', REFUSED],
    ['agent', 'belay_agent', undefined],
    ['agent', 'belay_reader', undefined],
    ['agent', 'belay_api', REFUSED],
    ['agent', 'belay_worker', REFUSED],
    ['agent', 'belay_owner', REFUSED],
  ] as const)('%s may take the role %s: %s', async (name, role, expected) => {
    expect(await codeOf(urls[name], `set role ${role}`)).toBe(expected);
  });

  it.each([
    'select title from document',
    'select * from chunk',
    'select * from audit_leaf',
    'create table t ()',
  ])('without a role, %s is refused to all', async (statement) => {
    expect(await codeOf(urls.api, statement)).toBe(REFUSED);
    expect(await codeOf(urls.worker, statement)).toBe(REFUSED);
    expect(await codeOf(urls.agent, statement)).toBe(REFUSED);
  });

  it('lets nobody in with another password, and says whom', async () => {
    const wrong = new URL(urls.api);
    wrong.password = 'guess';
    expect(await codeOf(wrong.href, 'select 1')).toBe('28P01');
    expect(await provideLogins(ownerUrl, chosen)).toEqual(urls);
  });

  it('knows a login that could become the owner', async () => {
    const broadness = async (connectionString: string): Promise<boolean> => {
      const database = new Database({ connectionString });
      try {
        return await database.loginIsTooBroad(1, 'api');
      } finally {
        await database.close();
      }
    };
    expect(await broadness(urls.api)).toBe(false);
    expect(await broadness(ownerUrl)).toBe(true);
  });
});
