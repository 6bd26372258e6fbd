import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

it('law-3: of all cases of our own, nothing happens that nobody asked for or allowed, and what is asked for gets done', () => {
  const bench = ['bench/run.mjs', 'injection', '--no-keep'];
  const done = spawnSync(process.execPath, bench, { cwd: ROOT, encoding: 'utf8' });
  const result: unknown = JSON.parse(done.stdout.trim().split('\n').at(-1) || '{}');
  expect({ result, said: done.stderr }).toMatchObject({
    result: { ok: true, figures: { unauthorised_effects: 0, unauthorised: [] } },
  });
}, 1_500_000);
