import { createHash, createHmac, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto';
import { DomainError } from '@belay/errors';
import pg from 'pg';

/**
 * The logins of the services, and the roles that each may take in a transaction. A login itself may do nothing:
 * it inherits no right of those roles, and the role that owns the tables is in neither list.
 */
const LOGINS = {
  api: { user: 'belay_api_login', roles: ['belay_api', 'belay_reader'] },
  worker: { user: 'belay_worker_login', roles: ['belay_worker'] },
  agent: { user: 'belay_agent_login', roles: ['belay_agent', 'belay_reader'] },
} as const;

/** A process with a database login of its own. */
export type LoginName = keyof typeof LOGINS;
export type LoginPasswords = Readonly<Partial<Record<LoginName, string>>>;

/**
 * Makes the logins of api, worker and agent service on a migrated database and returns the URL of each. A password that is not
 * given is derived from the owner's, which cannot be computed back from it; the server is sent verifiers only.
 * Throws `database.unsupported` where the server does not let a login in.
 * @param ownerUrl URL of a login that may create roles
 */
export async function provideLogins(
  ownerUrl: string,
  passwords: LoginPasswords,
): Promise<Record<LoginName, string>> {
  return {
    api: await provideLogin(ownerUrl, 'api', passwords.api),
    worker: await provideLogin(ownerUrl, 'worker', passwords.worker),
    agent: await provideLogin(ownerUrl, 'agent', passwords.agent),
  };
}

async function provideLogin(ownerUrl: string, name: LoginName, chosen: string | undefined): Promise<string> {
  const url = new URL(ownerUrl);
  const { user, roles } = LOGINS[name];
  const password = chosen ?? derive(url.password, user);
  url.username = user;
  url.password = encodeURIComponent(password ?? '');
  if ((await refusal(url.href, roles)) === undefined) return url.href;
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    await owner.query(`do $$ begin create role ${user} noinherit;
      exception when duplicate_object or unique_violation then null; end $$`);
    await owner.query(`alter role ${user} login noinherit nosuperuser nocreaterole nocreatedb nobypassrls`);
    await owner.query(`grant ${roles.join(', ')} to ${user}`);
    if (password !== undefined) await owner.query(`alter role ${user} password '${verifier(password)}'`);
  } finally {
    await owner.end();
  }
  const reason = await refusal(url.href, roles);
  if (reason === undefined) return url.href;
  throw new DomainError('database.unsupported', `The database does not let ${user} in: ${reason}.`);
}

// An owner without a password is let in by other means, and so must its services be: no password is invented.
function derive(ownerPassword: string, user: string): string | undefined {
  if (ownerPassword === '') return undefined;
  return scryptSync(decodeURIComponent(ownerPassword), user, 24, { N: 32_768, maxmem: 2 ** 26 }).toString(
    'base64url',
  );
}

/** What PostgreSQL stores instead of a password: a SCRAM-SHA-256 verifier (RFC 5803). */
function verifier(password: string): string {
  const iterations = 4096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
  const keyed = (label: string): Buffer => createHmac('sha256', salted).update(label).digest();
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64');
  const serverKey = keyed('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

/** Why a URL does not connect, or may not take one of the roles. */
async function refusal(url: string, roles: readonly string[]): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    for (const role of roles) await client.query(`set role ${role}`);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.end().catch(() => undefined);
  }
}
