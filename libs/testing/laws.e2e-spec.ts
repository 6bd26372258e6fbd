import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { LAWS } from './laws.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const inForce = LAWS.filter((law) => !law.from || existsSync(join(ROOT, law.from)));
const mutations = inForce.flatMap((law) => law.mutations.map((mutation) => ({ id: law.id, ...mutation })));
const source = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const builtOf = (path: string): string => path.replace('/src/', '/dist/').replace(/\.ts$/, '.js');
const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

function specs(folder = ROOT): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', '.git', '.belay'].includes(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return specs(path);
    return /[.-]spec\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

describe('the laws manifest', () => {
  it.each(inForce)('$id is cited by the title of a test and has a mutation', ({ id, mutations: own }) => {
    const cited = specs().filter((path) => readFileSync(path, 'utf8').includes(`'${id}: `));
    expect(cited).not.toEqual([]);
    expect(own.length).toBeGreaterThan(0);
  });

  it.each(mutations)(
    '$id: "$breaks" edits one place, which a test is for',
    ({ id, file, find, spec, test }) => {
      expect(source(file).split(find)).toHaveLength(2);
      if (test !== undefined) expect(source(spec).split(`'${id}: ${test}`)).toHaveLength(2);
    },
  );
});

describe('under a mutation the citing tests fail', () => {
  let copy: string;

  // The rooms are copied: a mutation must not touch the checkout that is being tested. Packages are there as files of
  // their own, too: the sandbox of parsers holds nothing that lies elsewhere.
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'belay-laws-'));
    const skip = new Set(['node_modules', '.git', '.belay', 'docs', 'bench']);
    for (const name of readdirSync(ROOT).filter((entry) => !skip.has(entry))) {
      const filter = (path: string): boolean => basename(path) !== 'node_modules';
      cpSync(join(ROOT, name), join(copy, name), { recursive: true, filter });
    }
    link('');
    rmSync(join(copy, 'node_modules/@belay'), { recursive: true });
    mkdirSync(join(copy, 'node_modules/@belay'));
    for (const room of ['apps', 'libs'].flatMap((kind) =>
      readdirSync(join(copy, kind)).map((name) => [kind, name]),
    )) {
      symlinkSync(join('../..', ...room), join(copy, 'node_modules/@belay', room[1] ?? ''));
      if (existsSync(join(ROOT, ...room, 'node_modules'))) link(join(...room));
    }
  }, 600_000);

  /** Puts the packages of a room into the copy. */
  function link(room: string): void {
    const packages = ['-a', join(ROOT, room, 'node_modules'), join(copy, room)];
    // On another disk they cannot be links.
    if (spawnSync('cp', ['--link', ...packages]).status !== 0) execFileSync('cp', packages);
  }

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  /** What is built of one file, as the build makes it of that file alone. */
  function compile(file: string, text: string): string {
    const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.base.json'), (path) =>
      readFileSync(path, 'utf8'),
    );
    const { compilerOptions } = config as { compilerOptions: object };
    // By itself a file does not know that its package is one of modules.
    const asked = { ...compilerOptions, module: 'ESNext', moduleResolution: 'Bundler' };
    const { options } = ts.convertCompilerOptionsFromJson(asked, ROOT);
    const { outputText, diagnostics } = ts.transpileModule(text, {
      compilerOptions: options,
      fileName: file,
      reportDiagnostics: true,
    });
    expect((diagnostics ?? []).map(({ messageText }) => messageText)).toEqual([]);
    return outputText;
  }

  /** Puts a text in the place of one file of the copy, what is built of it where it runs built, or that alone. */
  function put({ file, compiled }: { file: string; compiled?: true | 'alone' }, text: string): void {
    // A product whose sources changed builds itself anew before it starts.
    if (compiled !== 'alone') writeFileSync(join(copy, file), text);
    if (compiled) writeFileSync(join(copy, builtOf(file)), compile(file, text));
  }

  /** Runs the tests of a spec whose titles begin so. */
  function run(spec: string, titled: string): { passed: string[]; failed: string[]; broken: number } {
    const report = join(copy, 'report.json');
    rmSync(report, { force: true });
    const jest = ['node_modules/jest/bin/jest.js', '--runInBand', '--forceExit', '--json'];
    spawnSync(process.execPath, [...jest, `--outputFile=${report}`, '-t', titled, spec], {
      cwd: copy,
      stdio: 'ignore',
      // The embedded database alone: one is enough to see a test fail.
      env: {
        ...process.env,
        BELAY_TEST_NATIVE_URL: '',
        NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
      },
    });
    const result = JSON.parse(readFileSync(report, 'utf8')) as {
      numRuntimeErrorTestSuites: number;
      testResults: { assertionResults: { status: string; title: string }[] }[];
    };
    const tests = result.testResults.flatMap((file) => file.assertionResults);
    const ended = (status: string): string[] =>
      tests.filter((test) => test.status === status).map(({ title }) => title);
    return {
      passed: ended('passed'),
      failed: ended('failed'),
      broken: result.numRuntimeErrorTestSuites,
    };
  }

  it('parsers read documents in the copy, without which no test that needs one would say anything', () => {
    const { passed, broken } = run('libs/ingestion/src/parse-process.spec.ts', 'gives what the parser gives');
    expect({ passed: passed.length, broken }).toEqual({ passed: 1, broken: 0 });
  }, 300_000);

  it.each(mutations.filter(({ compiled }) => compiled))(
    '$file is built as the build builds it',
    ({ file }) => {
      expect(compile(file, source(file))).toBe(source(builtOf(file)));
    },
  );

  it.each(mutations)(
    '$id: $breaks',
    (mutation) => {
      const original = source(mutation.file);
      const titled = `${mutation.id}: ${mutation.test ?? ''}`;
      put(
        mutation,
        original.replace(mutation.find, () => mutation.replace),
      );
      try {
        const { failed, broken } = run(mutation.spec, literal(titled));
        expect(broken).toBe(0);
        expect(failed.filter((title) => title.startsWith(titled))).not.toEqual([]);
      } finally {
        put(mutation, original);
      }
    },
    600_000,
  );
});
