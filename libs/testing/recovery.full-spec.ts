import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

it('law-5: killed at every stage of a document, each process leaves nothing lost and nothing twice', () => {
  const bench = ['bench/run.mjs', 'recovery', '--no-keep'];
  const done = spawnSync(process.execPath, bench, { cwd: ROOT, encoding: 'utf8' });
  const result: unknown = JSON.parse(done.stdout.trim().split('\n').at(-1) || '{}');
  const drills = done.stderr.split('\n').filter((line) => /"(?:lost|twice)":[1-9]/.test(line));
  expect({ result, drills }).toMatchObject({
    result: { ok: true, figures: { boundaries: 10, lost: 0, twice: 0, ledger_whole: true } },
    drills: [],
  });
}, 1_500_000);
