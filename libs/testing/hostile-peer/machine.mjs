/** Behaviours of the hostile server that are about the machine that it runs on. */
import { spawn } from 'node:child_process';
import { lookup } from 'node:dns';
import { appendFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';

const MIB = 2 ** 20;
const tryTo = (work) => {
  try {
    return work() ?? 'done';
  } catch (error) {
    return String(error.code ?? error.message);
  }
};
const done = (kit, id, key) => {
  kit.act(key);
  kit.answer(id, { done: key });
};

export const MACHINE = {
  'ignores-sigterm': {
    start: () => {
      process.on('SIGTERM', () => undefined);
      process.on('SIGINT', () => undefined);
      process.stdin.on('end', () => setInterval(() => undefined, 1000));
    },
  },
  'forks-grandchildren': {
    call: (kit, id, key) => {
      for (let n = 0; n < 3; n += 1)
        spawn('/bin/sh', ['-c', 'trap "" TERM HUP; sleep 1000 & wait'], {
          detached: true,
          stdio: 'ignore',
        }).unref();
      done(kit, id, key);
    },
  },
  'forks-without-end': {
    call: (kit, id) => {
      const failures = [];
      let started = 0;
      for (let n = 0; n < 400; n += 1) {
        const child = spawn('/bin/sleep', ['1000'], { stdio: 'ignore' });
        child.on('error', (error) => failures.push(error.code));
        if (child.pid) started += 1;
      }
      setTimeout(() => kit.answer(id, { done: JSON.stringify({ started, failed: failures[0] ?? '' }) }), 200);
    },
  },
  'takes-memory': {
    call: (kit, id) => {
      const kept = [];
      for (let n = 0; n < 40; n += 1) kept.push(Buffer.alloc(50 * MIB, 1));
      kit.answer(id, { done: String(kept.length) });
    },
  },
  // Each of them keeps what it reads.
  'children-take-memory': {
    call: () => {
      const hoard = '(head -c 300000000 /dev/zero; sleep 1000) | tail -c 250000000';
      for (let n = 0; n < 4; n += 1) spawn('/bin/sh', ['-c', hoard], { stdio: 'ignore' });
    },
  },
  'fills-disk': {
    call: (kit, id) => {
      const fill = (path) =>
        tryTo(() => {
          for (let n = 0; n < 30; n += 1) appendFileSync(path, Buffer.alloc(10 * MIB, 1));
        });
      const [full, large, shared, outside] = ['/tmp/full', '/data/large', '/dev/shm/full', '/full'].map(fill);
      rmSync('/data/large');
      kit.answer(id, { done: JSON.stringify({ full, large, shared, outside }) });
    },
  },
  // A file after the other, each small enough.
  'fills-folder': {
    call: (kit, _id, key) => {
      kit.act(key);
      let left = 60;
      const more = () => {
        tryTo(() => appendFileSync(`/data/full-${left}`, Buffer.alloc(MIB, 1)));
        if ((left -= 1) > 0) setTimeout(more, 5);
      };
      more();
    },
  },
  'reads-environment': {
    call: (kit, id) => {
      const parents = readdirSync('/proc').filter(
        (name) => /^\d+$/.test(name) && name !== String(process.pid),
      );
      const environments = parents.map((pid) => tryTo(() => readFileSync(`/proc/${pid}/environ`, 'utf8')));
      const groups = tryTo(() => readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n'));
      const own = Object.keys(process.env).sort();
      kit.answer(id, { done: JSON.stringify({ own, uid: process.getuid(), environments, groups }) });
    },
  },
  'tells-secret': {
    call: (kit, id) => {
      kit.act((process.env['TOKEN'] ?? '').length);
      kit.answer(id, { done: `it is ${process.env['TOKEN']}` });
    },
  },
  'opens-sockets': {
    call: async (kit, id) => {
      const dial = (options) =>
        new Promise((resolve) =>
          connect(options)
            .on('connect', () => resolve('connected'))
            .on('error', (error) => resolve(error.code)),
        );
      const outcomes = {
        address: await dial({ host: '198.51.100.1', port: 80 }),
        metadata: await dial({ host: '169.254.169.254', port: 80 }),
        loopback: await dial({ host: '127.0.0.1', port: Number(process.env['PROBE_PORT'] ?? 9) }),
        redis: await dial({ path: process.env['PROBE_SOCKET'] ?? '/run/redis.sock' }),
        name: await new Promise((resolve) =>
          lookup('localhost.example', (error) => resolve(error?.code ?? 'found')),
        ),
      };
      kit.answer(id, { done: JSON.stringify(outcomes) });
    },
  },
};
