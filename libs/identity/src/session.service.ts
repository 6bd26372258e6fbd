import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { recordLeaf } from '@belay/audit';
import type { ApiKey, InvitedPerson, NewApiKey } from '@belay/contracts';
import { type Database, kept, sql, type SqlStatement, type Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import { FairLine } from './fair-line.js';
import { PrincipalRepository } from './principal.repository.js';

/** Whom a request acts for. `actions` limits an API key; null means everything that the person may do. */
export interface SignedIn {
  readonly tenant: number;
  readonly person: number;
  readonly name: string;
  readonly displayName: string;
  readonly roles: readonly string[];
  readonly actions: readonly string[] | null;
}

const SESSION_DAYS = 14;
const MOST_KEYS = 100;
const DECOY_SALT = randomBytes(16);
const WRONG = 'The name or the password is wrong.';
const WRONG_PASSWORD = 'That is not the password that you have.';
const NO_PASSWORD = 'You have no password yet. Ask an admin for an invitation: with it you set one.';
const ENDED = 'Your session has ended. Sign in again.';
const SPENT = 'This invitation is spent or expired. Ask an admin for a new one.';

const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest();

/**
 * A few passwords are hashed at a time: anybody may send one, each takes a thread that files are read by too for a tenth
 * of a second, and one more than wait at most would wait for seconds.
 */
const hashing = new FairLine(2, 48);

const hashPassword = (password: string, salt: Buffer, from: string): Promise<Buffer> =>
  hashing.of(from, () => derive(password, salt));

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
    scrypt(password.normalize('NFKC'), salt, 32, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** Sign-in by password, invitation, demo or API key. Tokens are 32 random bytes, stored as SHA-256. */
export class SessionService {
  private readonly principals = new PrincipalRepository();

  constructor(private readonly database: Database) {}

  /**
   * Returns a session token. The work done is the same whether the person exists or not, and is done in turn with that
   * of others who come `from` elsewhere.
   */
  async signIn(tenant: number, name: string, password: string, from = ''): Promise<string> {
    const found = await this.findPassword(tenant, name);
    const hash = await hashPassword(password, found?.salt ?? DECOY_SALT, from);
    if (!found || !timingSafeEqual(hash, found.hash))
      throw new DomainError('auth.invalid-credentials', WRONG);
    return this.open(tenant, found.id, 'password', hash);
  }

  /**
   * Sets another password for whoever knows the one that they have, ends what worked before (sessions, keys), and signs
   * in: returns a session token. Throws `auth.invalid-credentials` where the one that they have is another.
   */
  async changePassword(
    { tenant, person, name }: SignedIn,
    { current, password }: { readonly current: string; readonly password: string },
    from = '',
  ): Promise<string> {
    const found = await this.findPassword(tenant, name);
    if (!found) throw new DomainError('auth.invalid-credentials', NO_PASSWORD);
    const known = await hashPassword(current, found.salt, from);
    if (!timingSafeEqual(known, found.hash))
      throw new DomainError('auth.invalid-credentials', WRONG_PASSWORD);
    const salt = randomBytes(16);
    const hash = await hashPassword(password, salt, from);
    await this.database.transaction({ role: 'api', tenant, person }, async (tx) => {
      await this.holdPassword(tx, person, known);
      await this.setPassword(tx, person, { salt, hash });
    });
    return this.open(tenant, person, 'new-password', hash);
  }

  /** Signs a demo person in without a password; the edge allows it on loopback in demo mode only. */
  async signInDemo(tenant: number, name: string): Promise<string> {
    const row = await this.database.transaction({ role: 'api', tenant }, (tx) =>
      this.principals.find(tx, 'person', name),
    );
    if (!row?.active) throw new DomainError('auth.invalid-credentials', `There is no demo person "${name}".`);
    return this.open(tenant, row.id, 'demo');
  }

  /** Whom an invitation that holds is for: whoever has the link becomes them. Throws `not-found`. */
  async invited(tenant: number, token: string): Promise<InvitedPerson> {
    const person = await this.database.transaction({ role: 'api', tenant, readOnly: true }, (tx) =>
      tx.maybe<InvitedPerson>(sql`select p.name, p.display_name as "displayName" from invitation i
        join principal p on p.tenant_id = i.tenant_id and p.principal_id = i.person_id and p.active
        where i.tenant_id = ${tenant} and i.token_hash = ${hashToken(token)} and i.expires_at > now()`),
    );
    if (!person) throw new DomainError('not-found', SPENT);
    return person;
  }

  /** Spends an invitation once, sets the password, ends what worked before (sessions, keys), and signs in. */
  async acceptInvitation(tenant: number, token: string, password: string, from = ''): Promise<string> {
    const salt = randomBytes(16);
    const hash = await hashPassword(password, salt, from);
    const person = await this.database.transaction({ role: 'api', tenant }, async (tx) => {
      const invitation = sql`invitation
        where tenant_id = ${tenant} and token_hash = ${hashToken(token)} and expires_at > now()`;
      const row = await tx.maybe<{ id: number }>(sql`select person_id as id from ${invitation}`);
      // In this order, as whoever deactivates them does: else one could wait for the other.
      if (
        !row ||
        !(await this.principals.hold(tx, row.id)) ||
        (await tx.run(sql`delete from ${invitation}`)) === 0
      )
        throw new DomainError('not-found', SPENT);
      await this.setPassword(tx, row.id, { salt, hash });
      return row.id;
    });
    return this.open(tenant, person, 'invitation', hash);
  }

  async signOut(tenant: number, token: string): Promise<void> {
    await this.database.transaction({ role: 'api', tenant }, (tx) =>
      tx.run(sql`delete from session where tenant_id = ${tenant} and token_hash = ${hashToken(token)}`),
    );
  }

  /** Whom a session token or an API key stands for, checked at every use; undefined when for nobody. */
  async authenticate(
    tenant: number,
    secret: { session: string } | { key: string },
  ): Promise<SignedIn | undefined> {
    const held =
      'session' in secret
        ? sql`select person_id, null::text[] as actions from session
            where tenant_id = ${tenant} and token_hash = ${hashToken(secret.session)} and expires_at > now()`
        : sql`select person_id, actions from api_key
            where tenant_id = ${tenant} and token_hash = ${hashToken(secret.key)} and expires_at > now()`;
    return this.signedIn(tenant, held);
  }

  /** An active person without a session, for work that they asked for before. */
  personById(tenant: number, id: number): Promise<SignedIn | undefined> {
    return this.signedIn(tenant, sql`select ${id}::int as person_id, null::text[] as actions`);
  }

  // One statement: it runs before every request.
  private async signedIn(tenant: number, held: SqlStatement): Promise<SignedIn | undefined> {
    const row = await this.database.transaction({ role: 'api', tenant, readOnly: true }, (tx) =>
      tx.maybe<Omit<SignedIn, 'tenant'>>(kept`
        select p.principal_id as person, p.name, p.display_name as "displayName", h.actions,
          array(select r.name from principal_closure c join principal r
              on r.tenant_id = c.tenant_id and r.principal_id = c.principal_id and r.kind = 'role'
            where c.tenant_id = p.tenant_id and c.member_id = p.principal_id order by r.name) as roles
        from (${held}) h
        join principal p on p.tenant_id = ${tenant} and p.principal_id = h.person_id and p.active`),
    );
    return row && { tenant, ...row };
  }

  /** Makes a key, and shows it once. The session that asks for it must still hold when the key is there. */
  async addKey(actor: SignedIn, session: string, request: NewApiKey): Promise<ApiKey> {
    const key = `belay_${randomBytes(32).toString('base64url')}`;
    const expires = new Date(Date.now() + request.days * 86_400_000);
    return this.database.transaction({ role: 'api', ...identity(actor) }, async (tx) => {
      await this.holdSession(tx, actor, session);
      await refuseMoreKeys(tx, actor);
      const row = await tx.one<{ id: string; createdAt: Date }>(sql`
        insert into api_key (tenant_id, token_hash, person_id, label, actions, expires_at)
        values (${actor.tenant}, ${hashToken(key)}, ${actor.person}, ${request.label}, ${request.actions}, ${expires})
        returning api_key_id as id, created_at as "createdAt"`);
      const payload = { what: 'key.add', key: row.id, actions: request.actions };
      await recordLeaf(tx, actor.tenant, { type: 'identity.change', actor: actor.person, payload });
      const { label, actions } = request;
      const createdAt = row.createdAt.toISOString();
      return { id: row.id, label, actions, createdAt, expiresAt: expires.toISOString(), key };
    });
  }

  async listKeys(actor: SignedIn): Promise<ApiKey[]> {
    const rows = await this.database.transaction({ role: 'api', ...identity(actor) }, (tx) =>
      tx.many<{ id: string; label: string; actions: string[]; createdAt: Date; expiresAt: Date }>(sql`
        select api_key_id as id, label, actions, created_at as "createdAt", expires_at as "expiresAt" from api_key
        where tenant_id = ${actor.tenant} and person_id = ${actor.person} order by created_at`),
    );
    return rows.map(({ createdAt, expiresAt, ...row }) => ({
      ...row,
      createdAt: createdAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
    }));
  }

  async removeKey(actor: SignedIn, id: string): Promise<void> {
    await this.database.transaction({ role: 'api', ...identity(actor) }, async (tx) => {
      const removed = await tx.run(sql`delete from api_key
        where tenant_id = ${actor.tenant} and person_id = ${actor.person} and api_key_id = ${id}`);
      if (removed === 0) throw new DomainError('not-found', 'You have no such key.');
      const payload = { what: 'key.remove', key: id };
      await recordLeaf(tx, actor.tenant, { type: 'identity.change', actor: actor.person, payload });
    });
  }

  private findPassword(
    tenant: number,
    name: string,
  ): Promise<{ id: number; salt: Buffer; hash: Buffer } | undefined> {
    return this.database.transaction({ role: 'api', tenant }, (tx) =>
      tx.maybe(sql`
        select p.principal_id as id, w.salt, w.hash from principal p
        join password w on w.tenant_id = p.tenant_id and w.person_id = p.principal_id
        where p.tenant_id = ${tenant} and p.kind = 'person' and p.name = ${name} and p.active`),
    );
  }

  // For a person who is held. What worked before it ends.
  private async setPassword(
    tx: Transaction,
    person: number,
    { salt, hash }: { readonly salt: Buffer; readonly hash: Buffer },
  ): Promise<void> {
    await tx.run(sql`insert into password values (current_tenant(), ${person}, ${salt}, ${hash})
      on conflict (tenant_id, person_id) do update set salt = excluded.salt, hash = excluded.hash`);
    await this.principals.endAccess(tx, person);
    const payload = { what: 'password.set' };
    await recordLeaf(tx, tx.tenant, { type: 'identity.change', actor: person, payload });
  }

  private async open(tenant: number, person: number, method: string, passwordHash?: Buffer): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const expires = new Date(Date.now() + SESSION_DAYS * 86_400_000);
    await this.database.transaction({ role: 'api', tenant, person }, async (tx) => {
      await this.holdPassword(tx, person, passwordHash);
      await tx.run(sql`delete from session where tenant_id = ${tenant} and expires_at < now()`);
      await tx.run(sql`insert into session values (${tenant}, ${hashToken(token)}, ${person}, ${expires})`);
      await recordLeaf(tx, tenant, { type: 'auth.sign-in', actor: person, payload: { method } });
    });
    return token;
  }

  // Whoever deactivates a person or sets another password waits for who holds them, and then ends what was opened. What
  // somebody proved is looked at once they are held: it may have been changed while that was waited for.
  private async holdPassword(tx: Transaction, person: number, hash: Buffer | undefined): Promise<void> {
    const held = await this.principals.hold(tx, person);
    const proven = sql`select 1 as held from password
      where tenant_id = current_tenant() and person_id = ${person} and hash = ${hash}`;
    if (!held || (hash && !(await tx.maybe(proven))))
      throw new DomainError('auth.invalid-credentials', WRONG);
  }

  private async holdSession(tx: Transaction, { person }: SignedIn, session: string): Promise<void> {
    const held = await this.principals.hold(tx, person);
    const proven = sql`select 1 as held from session where tenant_id = current_tenant() and person_id = ${person}
      and token_hash = ${hashToken(session)} and expires_at > now()`;
    if (!held || !(await tx.maybe(proven))) throw new DomainError('auth.required', ENDED);
  }
}

/** Throws where a person who is held has as many keys that work as one may have. */
async function refuseMoreKeys(tx: Transaction, { person }: SignedIn): Promise<void> {
  const { n } = await tx.one<{ n: number }>(sql`select count(*)::int as n from api_key
    where tenant_id = current_tenant() and person_id = ${person} and expires_at > now()`);
  if (n < MOST_KEYS) return;
  throw new DomainError(
    'conflict',
    `You have ${MOST_KEYS} keys, and nobody may have more. Take one back that is not needed any more.`,
  );
}

function identity(actor: SignedIn): { tenant: number; person: number } {
  return { tenant: actor.tenant, person: actor.person };
}
