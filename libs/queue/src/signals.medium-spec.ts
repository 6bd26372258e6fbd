import { once } from 'node:events';
import { startRedis } from '@belay/testing/redis';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectRedis, type Redis } from './redis.js';
import { Signals } from './signals.js';

let server: Awaited<ReturnType<typeof startRedis>>;
let redis: Redis;
let other: Redis;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis({ redisUrl: undefined, sockets: server.sockets });
  other = connectRedis({ redisUrl: undefined, sockets: server.sockets });
  // What is said before that is said to nobody.
  if (other.status !== 'ready') await once(other, 'ready');
});
afterAll(() => {
  redis.disconnect();
  other.disconnect();
  server.stop();
});

/** Listens to a name; `next` resolves at the next signal. */
function heard(signals: Signals, name: string): { next(): Promise<void>; count(): number; leave(): void } {
  let count = 0;
  let resolve: (() => void) | undefined;
  const leave = signals.listen(name, () => {
    count += 1;
    resolve?.();
  });
  return {
    next: () => new Promise((done) => void (resolve = done)),
    count: () => count,
    leave,
  };
}

test('what another process says is heard by whoever listens to it, as long as they do', async () => {
  const [here, there] = [new Signals(redis), new Signals(other)];
  const first = heard(here, 'run:1:a');
  const stranger = heard(here, 'run:1:b');
  // Once each is listened to, whoever listens looks.
  await Promise.all([first.next(), stranger.next()]);
  const second = heard(here, 'run:1:a');
  const next = Promise.all([first.next(), second.next()]);
  there.send('run:1:a');
  await next;
  expect([first.count(), second.count(), stranger.count()]).toEqual([2, 1, 1]);
  first.leave();
  first.leave();
  const left = second.next();
  there.send('run:1:a');
  await left;
  expect(first.count()).toBe(2);
  second.leave();
  const again = heard(here, 'run:1:a');
  await again.next();
  here.close();
});

test('without Redis nothing is said, and nobody waits', () => {
  const away = connectRedis({ redisUrl: undefined, sockets: '/nowhere' });
  const signals = new Signals(away);
  signals.send('run:1:a');
  const { leave, count } = heard(signals, 'run:1:a');
  leave();
  expect(count()).toBe(0);
  signals.close();
  away.disconnect();
});
