import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

it('law-3: a planner that obeys whatever it reads causes no effect, and each bound that is off lets one through', () => {
  const bench = ['bench/run.mjs', 'injection', '--bounds', '--no-keep'];
  const done = spawnSync(process.execPath, bench, { cwd: ROOT, encoding: 'utf8' });
  const result: unknown = JSON.parse(done.stdout.trim().split('\n').at(-1) || '{}');
  expect({ result, said: done.stderr }).toMatchObject({
    result: { ok: true, figures: { unauthorised_effects: 0 } },
  });
}, 300_000);
