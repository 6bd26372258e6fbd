/**
 * Limits of calls under 64 concurrent callers over eight connections to a private Redis. Each call is counted by
 * tenant, person, contract and peer. First a quota that does not come back while it runs: how many calls are allowed
 * above it, and how many of the tenant's were spent on calls that the peer's limit refused. Then a limit that comes
 * back 2,000 times a second: how many above what the time that passed allows (below 0: under it). Then takes a second,
 * all allowed. Beside it, in turns: one script a key, one after the other, and rate-limiter-flexible, which counts
 * four fixed windows at once. Target: never over by one, nothing spent on what was refused.
 *
 *   npm run bench -- limiter [--seconds 2] [--rounds 5]
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CallLimiter, connectRedis } from '../libs/queue/dist/index.js';
import { startRedis } from '../libs/testing/redis.mjs';
import { installPeer } from './harness/peer.mjs';
import { latencies, percentile } from './harness/statistics.mjs';

const CALLERS = 64;
const CONNECTIONS = 8;
const TENANT = 1;
const KEYS = ['tenant', 'person', 'contract', 'peer'];
const DAY = 86_400;
const QUOTA = { tenant: 3000, person: 2500, contract: 2000, peer: 1000 };
const QUICK = { calls: 2000, perSeconds: 1, burst: 50 };
const FLAGS = { seconds: { type: 'string', default: '2' }, rounds: { type: 'string', default: '5' } };

export async function measure(options, say) {
  const { seconds, rounds } = parseArgs({ args: options, options: FLAGS }).values;
  const server = await startRedis();
  const connections = Array.from({ length: CONNECTIONS }, () => connectRedis({ sockets: server.sockets }));
  try {
    const ways = { own: oneScript, script_a_key: scriptAKey, rate_limiter_flexible: flexible(say) };
    const raw = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
    for (let round = 1; round <= Number(rounds); round += 1)
      for (const [name, way] of Object.entries(ways)) {
        say(`Round ${round} of ${rounds}: ${name} …`);
        raw[name].push(await measureOne(way, connections, Number(seconds)));
      }
    const { own } = raw;
    const ok = own.every((turn) => turn.over_by <= 0 && turn.over_time_by <= 0 && turn.wasted === 0);
    return { ok, figures: { callers: CALLERS, rounds: Number(rounds), ...summary(raw) }, raw };
  } finally {
    for (const connection of connections) connection.disconnect();
    server.stop();
  }
}

async function measureOne(way, connections, seconds) {
  const [redis] = connections;
  await redis.flushall();
  const quotas = KEYS.map((key) => ({ key, calls: QUOTA[key], perSeconds: 100 * DAY, burst: QUOTA[key] }));
  const counted = await callers(connections, way(quotas), { turns: 40 });
  const tenant = await callers(connections, way(quotas.slice(0, 1)), { turns: 60 });
  const quick = await callers(connections, way([{ key: 'quick', ...QUICK }]), { seconds });
  const enough = { calls: 1e6, perSeconds: 1, burst: 1e6 };
  const speed = await callers(connections, way(KEYS.map((key) => ({ key: `${key} fast`, ...enough }))), {
    seconds,
  });
  return {
    over_by: counted.allowed - QUOTA.peer,
    wasted: QUOTA.tenant - counted.allowed - tenant.allowed,
    over_time_by: quick.allowed - QUICK.burst - Math.floor(quick.seconds * QUICK.calls),
    takes_a_second: Math.round(speed.times.length / speed.seconds),
    times: speed.times,
  };
}

/** Has everybody call at the same time; how often that was allowed, and what each call took. */
async function callers(connections, way, { turns = Infinity, seconds = Infinity }) {
  const takes = connections.map(way);
  const times = [];
  let allowed = 0;
  const started = performance.now();
  const since = () => (performance.now() - started) / 1000;
  const call = async (_, index) => {
    for (let turn = 0; turn < turns && since() < seconds; turn += 1) {
      const asked = performance.now();
      if (await takes[index % CONNECTIONS]()) allowed += 1;
      times.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  return { allowed, times, seconds: since() };
}

const oneScript = (limits) => (redis) => {
  const limiter = new CallLimiter(redis);
  return async () => (await limiter.take(TENANT, limits)).allowed;
};

const scriptAKey = (limits) => (redis) => {
  const limiter = new CallLimiter(redis);
  return async () => {
    for (const limit of limits) if (!(await limiter.take(TENANT, [limit])).allowed) return false;
    return true;
  };
};

function flexible(say) {
  const folder = fileURLToPath(new URL('peers/rate-limiter-flexible/', import.meta.url));
  installPeer(folder, 'rate-limiter-flexible', say);
  const { RateLimiterRedis, RateLimiterUnion } = createRequire(`${folder}/`)('rate-limiter-flexible');
  return (limits) => (redis) => {
    const each = limits.map(
      ({ key, calls, perSeconds }) =>
        new RateLimiterRedis({ storeClient: redis, keyPrefix: key, points: calls, duration: perSeconds }),
    );
    const union = new RateLimiterUnion(...each);
    return () =>
      union.consume('all').then(
        () => true,
        () => false,
      );
  };
}

function summary(raw) {
  const figures = Object.entries(raw).flatMap(([name, turns]) => {
    const worst = (key) => Math.max(...turns.map((turn) => turn[key]));
    return [
      [`${name}_over_by`, worst('over_by')],
      [`${name}_over_time_by`, worst('over_time_by')],
      [`${name}_wasted`, worst('wasted')],
      [
        `${name}_takes_a_second`,
        percentile(
          turns.map((turn) => turn.takes_a_second),
          0.5,
        ),
      ],
      ...Object.entries(
        latencies(
          `${name}_take`,
          turns.flatMap((turn) => turn.times),
        ),
      ),
    ];
  });
  for (const turns of Object.values(raw)) for (const turn of turns) delete turn.times;
  return Object.fromEntries(figures);
}
