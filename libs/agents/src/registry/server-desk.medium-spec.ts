import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { loadConfig } from '@belay/config';
import type { Peer, PeerOffer } from '@belay/contracts';
import { Database, migrate, sql } from '@belay/database';
import { IdentityService, type SignedIn } from '@belay/identity';
import { CallLimiter, connectRedis, JobQueues, type Redis } from '@belay/queue';
import { type Stack, startStack } from '@belay/testing/stack';
import { hostPeers, PeerClient } from '../peers/peer-desk.js';
import { ServerDesk, type StartLimits } from './server-desk.js';

jest.setTimeout(60_000);
const PEER: Peer = { id: 'web', transport: 'http', url: 'https://tools.example/mcp', privateNetwork: false };
const OFFER: PeerOffer = { server: 'web', protocol: '2025-11-25', tools: [] };
// So slow that the time a test takes does not matter.
const rate = (burst: number): StartLimits['person'] => ({ calls: 1, perSeconds: 3600, burst });
const WIDE: StartLimits = { person: rate(50), tenant: rate(50), atOnce: 2 };

describe('servers that people have started', () => {
  let stack: Stack;
  let database: Database;
  let redis: Redis;
  let queues: JobQueues;
  /** Servers that were started, each until it is let go. */
  let started: (() => void)[] = [];
  let isHeld = false;
  const by = (person: number): SignedIn => ({ tenant: 1, person }) as SignedIn;
  const desk = (limits: StartLimits): ServerDesk =>
    new ServerDesk(database, new PeerClient(queues), new CallLimiter(redis, 60_000), limits);
  const asOwner = (statement: ReturnType<typeof sql>): Promise<number> =>
    database.transaction({ role: 'owner', tenant: 1 }, (tx) => tx.run(statement));
  const leaves = (): Promise<{ actor: number; why: string }[]> =>
    database.transaction({ role: 'owner', tenant: 1 }, (tx) =>
      tx.many(sql`select (l.header::json ->> 'actor')::int as actor, p.payload::json ->> 'why' as why
        from audit_leaf l join audit_payload p using (tenant_id, leaf_id)`),
    );

  beforeAll(async () => {
    stack = await startStack('embedded');
    await migrate(stack.connection);
    database = new Database(stack.connection);
    await new IdentityService(database).prepareTenant(1);
    await asOwner(sql`insert into principal (tenant_id, kind, name, display_name)
      values (1, 'person', 'one', 'One'), (1, 'person', 'two', 'Two')`);
    redis = connectRedis(loadConfig(stack.environment));
    queues = new JobQueues(redis);
    hostPeers(queues, {
      async offer() {
        await new Promise<void>((resolve) => {
          started.push(resolve);
          if (!isHeld) resolve();
        });
        return OFFER;
      },
    });
  }, 60_000);
  afterEach(() => {
    for (const end of started) end();
  });
  afterAll(async () => {
    await queues?.close();
    redis?.disconnect();
    await database?.close();
    await stack?.stop();
  }, 60_000);
  beforeEach(async () => {
    started = [];
    isHeld = false;
    await redis.del(
      ...(await redis.keys('belay:1:rate:*')),
      ...(await redis.keys('belay:1:places:*')),
      'none',
    );
  });

  it('law-4: are on the ledger before they start, with who wanted them and what for', async () => {
    const before = (await leaves()).length;
    for (const why of ['offer', 'scaffold', 'register', 'approve', 'verify'] as const)
      expect(await desk(WIDE).offer(by(2), PEER, why)).toEqual(OFFER);
    expect((await leaves()).slice(before).map(({ why }) => why)).toEqual([
      'offer',
      'scaffold',
      'register',
      'approve',
      'verify',
    ]);
    await asOwner(sql`revoke insert on audit_leaf from belay_api`);
    await expect(desk(WIDE).offer(by(2), PEER, 'offer')).rejects.toThrow();
    await asOwner(sql`grant insert on audit_leaf to belay_api`);
    expect(started).toHaveLength(5);
  });

  it('are started so often by one person and so often by all, and then when to try again is said', async () => {
    const few = desk({ ...WIDE, person: rate(2), tenant: rate(3) });
    const refused = { code: 'request.too-many', retryAfterMs: expect.any(Number) };
    for (let turn = 0; turn < 2; turn += 1) await few.offer(by(2), PEER, 'verify');
    await expect(few.offer(by(2), PEER, 'verify')).rejects.toMatchObject(refused);
    await expect(few.offer(by(2), PEER, 'verify')).rejects.toThrow(/^You .* Try again in \d+ seconds\.$/);
    await few.offer(by(3), PEER, 'verify');
    await expect(few.offer(by(3), PEER, 'verify')).rejects.toThrow(/^Servers were /);
    expect(started).toHaveLength(3);
  });

  it('are so many at once and no more, whoever asks', async () => {
    isHeld = true;
    const before = (await leaves()).length;
    const all = [by(2), by(3), by(2), by(3)].map((actor) => desk(WIDE).offer(actor, PEER, 'offer'));
    const refused: unknown[] = [];
    for (const one of all) one.catch((error: unknown) => refused.push(error));
    while (started.length + refused.length < 4) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(refused).toMatchObject([{ code: 'request.too-many' }, { code: 'request.too-many' }]);
    expect(await leaves()).toHaveLength(before + 2);
    for (const end of started) end();
    expect((await Promise.allSettled(all)).filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    isHeld = false;
    expect(await desk(WIDE).offer(by(2), PEER, 'offer')).toEqual(OFFER);
  });
});
