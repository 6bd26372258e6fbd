import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

const SCRIPTS = fileURLToPath(new URL('../../models/training/answering/', import.meta.url));
const ROWS = [
  [
    'Harbour',
    'The crane was built in 1912. It lifts forty tonnes of steel.',
    'When was the crane built?',
    '1912',
  ],
  ['Lantern', 'The lantern burns whale oil. Its keeper is Ada Lund.', 'Who keeps the lantern?', 'Ada Lund'],
  [
    'Ferry',
    'The ferry sails to Vinga. A ticket costs nine crowns.',
    'Where does the ferry sail to?',
    'Vinga',
  ],
] as const;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-training-'));
  const write = (name: string, rows: readonly object[]) =>
    writeFileSync(join(folder, name), rows.map((row) => JSON.stringify(row)).join('\n'));
  write(
    'corpus.jsonl',
    ROWS.map(([title, text], at) => ({ _id: `d${at}`, title, text })),
  );
  write(
    'queries.jsonl',
    ROWS.map(([, , text], at) => ({ _id: `q${at}`, text })),
  );
  write(
    'answers.jsonl',
    ROWS.map(([, , , answer], at) => ({ _id: `q${at}`, doc: `d${at}`, answers: [answer] })),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the scripts that fit answers read, search and judge as the product of today does', () => {
  const script = `
    const { readSet } = await import('${SCRIPTS}corpus.mjs');
    const { measure } = await import('${SCRIPTS}measure.mjs');
    const { SentenceReader } = await import('${SCRIPTS}../../../libs/inference/dist/index.js');
    const { rankerOf } = await import('${SCRIPTS}../../../libs/answering/dist/rankers.js');
    const set = await readSet(${JSON.stringify(folder)}, 'static-en-256');
    const reader = SentenceReader.bundled();
    console.log(JSON.stringify(await measure(set, rankerOf('static-en-256'), 8, reader)));
    await reader.close();`;
  const file = join(folder, 'measure.mjs');
  writeFileSync(file, script);
  const done = spawnSync(process.execPath, [file], { encoding: 'utf8' });
  expect(done.stderr).toBe('');
  expect(JSON.parse(done.stdout)).toMatchObject({ questions: 3, goldInPool: 1, containsTwo: 1 });
});
