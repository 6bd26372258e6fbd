/**
 * Feeds every boundary rule a wrong import, in a copy of the house with nothing in it but imports, and sees
 * each refused by dependency-cruiser, by the Nx rule and by lint; the right ones must pass.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

interface Boundaries {
  ARROWS: Record<string, string[]>;
  APPS: Record<string, string[]>;
  LAYERS: Record<string, string[]>;
  OWNED_PACKAGES: Record<string, string>;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { ARROWS, APPS, LAYERS, OWNED_PACKAGES } = (await import(
  new URL('../../boundaries.mjs', import.meta.url).href
)) as Boundaries;
const run = promisify(execFile);
const rooms = Object.keys(ARROWS);
const folders = [...rooms.map((room) => `libs/${room}`), ...Object.keys(APPS).map((app) => `apps/${app}`)];
const allowedBy: Record<string, string[]> = { ...ARROWS, ...APPS };
const nameOf = (folder: string): string => folder.split('/')[1] as string;
const mayImport = (folder: string, room: string): boolean =>
  nameOf(folder) === room || (allowedBy[nameOf(folder)] ?? []).includes(room);
const forbiddenTo = (folder: string): string[] => rooms.filter((room) => !mayImport(folder, room));
const packageOf = (room: string): string => `@belay/${room}`;

let house: string;
// What each checker said, as `file rule` lines.
let cruised: string[];
let linted: string[];

function write(path: string, text: string): void {
  mkdirSync(dirname(join(house, path)), { recursive: true });
  writeFileSync(join(house, path), text);
}

const importing = (specifier: string): string =>
  `import * as imported from '${specifier}';\nexport const it = imported;\n`;

function buildHouse(): void {
  house = mkdtempSync(join(tmpdir(), 'belay-house-'));
  mkdirSync(join(house, 'node_modules/@belay'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name === '@belay' || name.startsWith('.')) continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(house, 'node_modules', name));
  }
  for (const name of readdirSync(ROOT)) {
    if (/\.(m?js|json)$/.test(name)) cpSync(join(ROOT, name), join(house, name));
  }
  write('tsconfig.spec.json', JSON.stringify({ extends: './tsconfig.base.json', include: ['libs', 'apps'] }));
  cpSync(join(ROOT, '.dependency-cruiser.mjs'), join(house, '.dependency-cruiser.mjs'));
  for (const folder of [...folders, 'libs/testing']) {
    cpSync(join(ROOT, folder, 'package.json'), join(house, folder, 'package.json'));
    write(`${folder}/src/index.ts`, 'export const here = 1;\n');
    if (folder.startsWith('libs/')) {
      symlinkSync(join(house, folder), join(house, 'node_modules', packageOf(nameOf(folder))));
    }
  }
  write('apps/web/tsconfig.json', JSON.stringify({ extends: '../../tsconfig.base.json', include: ['src'] }));
}

function furnish(): void {
  for (const folder of folders) {
    const file = (name: string): string => `${folder}/src/${name}.ts`;
    for (const room of rooms.filter((other) => other !== nameOf(folder))) {
      const verdict = mayImport(folder, room) ? 'right' : 'wrong';
      write(file(`${verdict}-${room}`), importing(packageOf(room)));
      write(file(`wrong-source-of-${room}`), importing(`../../../libs/${room}/src/index.js`));
    }
    // A spec may use anything, to build its world.
    write(
      file('right.spec'),
      forbiddenTo(folder)
        .map((room) => `import '${packageOf(room)}';\n`)
        .join(''),
    );
    for (const [name, owner] of Object.entries(OWNED_PACKAGES)) {
      write(file(`${owner === nameOf(folder) ? 'right' : 'wrong'}-package-${name}`), importing(name));
    }
    const environment = nameOf(folder) === 'config' ? 'right' : 'wrong';
    write(file(`${environment}-environment`), 'export const path = process.env.PATH;\n');
  }
  write('libs/queue/src/wrong-subpath.ts', importing('pgvector/pg'));
  write('libs/audit/src/wrong-cycle-a.ts', `import './wrong-cycle-b.js';\n`);
  write('libs/audit/src/wrong-cycle-b.ts', `import './wrong-cycle-a.js';\n`);
}

async function outputOf(command: string, args: string[]): Promise<string> {
  const environment = { ...process.env, NODE_OPTIONS: '', NX_WORKSPACE_ROOT_PATH: house, TERM: 'dumb' };
  const options = { cwd: house, env: environment, maxBuffer: 1 << 28 };
  const tool = [join(house, 'node_modules', command), ...args];
  // Both end with a failure when they refuse something, which is what they are here for.
  return run(process.execPath, tool, options).then(
    ({ stdout }) => stdout,
    (error: { stdout: string; stderr: string }) => error.stdout || Promise.reject(new Error(error.stderr)),
  );
}

async function cruise(): Promise<string[]> {
  const flags = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'libs', 'apps'];
  const report = JSON.parse(await outputOf('dependency-cruiser/bin/dependency-cruise.mjs', flags)) as {
    summary: { violations: { from: string; rule: { name: string } }[] };
  };
  return report.summary.violations.map((violation) => `${violation.from} ${violation.rule.name}`);
}

async function lint(): Promise<string[]> {
  const report = await outputOf('eslint/bin/eslint.js', ['libs', 'apps', '--format', 'json']);
  const files = JSON.parse(report.slice(report.indexOf('[{'))) as {
    filePath: string;
    messages: { ruleId: string | null; message: string }[];
  }[];
  return files.flatMap(({ filePath, messages }) =>
    messages.map(({ ruleId, message }) => `${filePath.slice(house.length + 1)} ${ruleId ?? message}`),
  );
}

const refusals = (said: string[], rule: RegExp): string[] =>
  [
    ...new Set(
      said.filter((line) => rule.test(line.split(' ')[1] ?? '')).map((line) => line.split(' ')[0] ?? ''),
    ),
  ].sort();
const wrongRooms = folders.flatMap((folder) =>
  forbiddenTo(folder).map((room) => `${folder}/src/wrong-${room}.ts`),
);
const wrongPackages = folders.flatMap((folder) =>
  Object.entries(OWNED_PACKAGES)
    .filter(([, owner]) => owner !== nameOf(folder))
    .map(([name]) => `${folder}/src/wrong-package-${name}.ts`),
);
const wrongSources = folders.flatMap((folder) =>
  rooms.filter((room) => room !== nameOf(folder)).map((room) => `${folder}/src/wrong-source-of-${room}.ts`),
);

describe('the boundaries of the house', () => {
  jest.setTimeout(300_000);

  beforeAll(async () => {
    buildHouse();
    furnish();
    cruised = await cruise();
    linted = await lint();
  });
  afterAll(() => rmSync(house, { recursive: true, force: true }));

  it('are told to every room: each folder is in the arrows, and its tags say its name and layer', () => {
    const present = ['libs', 'apps'].flatMap((parent) =>
      readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`),
    );
    expect(present.filter((folder) => folder !== 'libs/testing').sort()).toEqual([...folders].sort());
    for (const folder of folders) {
      const { nx } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as {
        nx: { tags: string[] };
      };
      expect(nx.tags).toContain(`scope:${nameOf(folder)}`);
      const layers = nx.tags.filter((tag) => tag.startsWith('type:')).map((tag) => tag.slice(5));
      expect(layers).toHaveLength(1);
      expect(Object.keys(LAYERS)).toContain(layers[0]);
    }
  });

  it('dependency-cruiser refuses every arrow that is not drawn', () => {
    const refused = refusals(cruised, /^arrows-of-/);
    expect(refused.filter((file) => !file.includes('wrong-source-of-'))).toEqual([...wrongRooms].sort());
  });

  it('the Nx rule refuses every arrow that is not drawn', () => {
    const refused = refusals(linted, /^@nx\/enforce-module-boundaries$/);
    expect(refused).toEqual(expect.arrayContaining(wrongRooms));
  });

  it('dependency-cruiser and lint refuse a package outside the room that owns it, subpaths included', () => {
    const subpath = 'libs/queue/src/wrong-subpath.ts';
    const byCruiser = refusals(cruised, /^only-.*-imports-/);
    expect(byCruiser).toEqual([...wrongPackages, subpath].sort());
    const byLint = refusals(linted, /^no-restricted-imports$/);
    expect(byLint).toEqual([...wrongPackages, ...wrongSources, subpath].sort());
  });

  it('lint refuses the environment outside config', () => {
    const readers = folders.filter((folder) => folder !== 'libs/config');
    expect(refusals(linted, /^no-restricted-properties$/)).toEqual(
      readers.map((folder) => `${folder}/src/wrong-environment.ts`).sort(),
    );
  });

  it('dependency-cruiser refuses a cycle', () => {
    expect(refusals(cruised, /^no-cycles$/)).toContain('libs/audit/src/wrong-cycle-a.ts');
  });

  it('nothing right is refused', () => {
    const right = (line: string): boolean => /\/(right|index)[^/]* /.test(line);
    expect(cruised.filter(right)).toEqual([]);
    expect(linted.filter(right)).toEqual([]);
  });
});
