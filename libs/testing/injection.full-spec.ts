import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

function attack(...flags: string[]): { result: unknown; said: string } {
  const bench = ['bench/run.mjs', 'injection', ...flags, '--no-keep'];
  const done = spawnSync(process.execPath, bench, { cwd: ROOT, encoding: 'utf8' });
  const result: unknown = JSON.parse(done.stdout.trim().split('\n').at(-1) || '{}');
  return { result, said: done.stderr };
}

it('law-3: a planner that obeys whatever it reads causes no effect, and each bound that is off lets one through', () => {
  expect(attack('--bounds')).toMatchObject({ result: { ok: true, figures: { unauthorised_effects: 0 } } });
}, 300_000);

it('law-3: of all cases of our own, nothing happens that nobody asked for or allowed, and what is asked for gets done', () => {
  expect(attack()).toMatchObject({
    result: { ok: true, figures: { unauthorised_effects: 0, unauthorised: [] } },
  });
}, 1_500_000);
