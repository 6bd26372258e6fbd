import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { copyTemplate, makeTemplates } from './template.js';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'belay-template-'));
  await makeTemplates();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a new data folder begins with the template, whole or not at all', () => {
  const data = join(folder, 'new');
  // What somebody left who was killed meanwhile.
  mkdirSync(`${data}.part`);
  writeFileSync(join(`${data}.part`, 'half'), '');
  copyTemplate(data);
  expect(existsSync(join(data, 'PG_VERSION'))).toBe(true);
  expect(existsSync(join(data, 'half'))).toBe(false);
  expect(existsSync(`${data}.part`)).toBe(false);
});

test('data that is there is left alone', () => {
  const data = join(folder, 'old');
  mkdirSync(data);
  writeFileSync(join(data, 'mine'), '');
  copyTemplate(data);
  expect(readdirSync(data)).toEqual(['mine']);
});

// As long as a name may be: that of its half would be longer.
test('a template that cannot be copied stops nobody: there is no folder, and the database is made anew', () => {
  const data = join(folder, 'd'.repeat(252));
  copyTemplate(data);
  expect(existsSync(data)).toBe(false);
});
