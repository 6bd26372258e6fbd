import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const isNative = process.env['BELAY_TEST_NATIVE_URL'] !== undefined;

// Where no native PostgreSQL can be had, nothing can be held at an entry of the journal.
(isNative ? it : it.skip)(
  'law-5: killed or stopped around every entry of a journal, the agent service does nothing twice and nothing unrecorded',
  () => {
    const bench = ['bench/run.mjs', 'crash', '--every', '4', '--no-keep'];
    const done = spawnSync(process.execPath, bench, { cwd: ROOT, encoding: 'utf8' });
    const result: unknown = JSON.parse(done.stdout.trim().split('\n').at(-1) || '{}');
    expect({ result, said: done.stderr }).toMatchObject({
      result: {
        ok: true,
        figures: { extra_effects: 0, unrecorded: 0, sent_late: 0, not_ended: 0, ledger_whole: true },
      },
    });
  },
  1_500_000,
);
