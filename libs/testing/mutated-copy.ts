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
import ts from 'typescript';
import { LAWS, type Mutation } from './laws.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NOT_COPIED = new Set(['node_modules', '.git', '.belay', 'docs', 'bench']);

/** The laws in force here. */
export const inForce = LAWS.filter((law) => !law.from || existsSync(join(ROOT, law.from)));
/** All edits that break one of them, each with the id of its law. */
export const mutations = inForce.flatMap((law) =>
  law.mutations.map((mutation) => ({ id: law.id, ...mutation })),
);

/** A file of the checkout. */
export const source = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
/** The file that the build makes of a source. */
export const builtOf = (path: string): string => path.replace('/src/', '/dist/').replace(/\.ts$/, '.js');

/** What is built of one file, as the build makes it of that file alone. */
export function compile(file: string, text: string): string {
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
  const problems = (diagnostics ?? []).map(({ messageText }) => JSON.stringify(messageText));
  if (problems.length > 0) throw new Error(`${file} does not compile: ${problems.join('; ')}`);
  return outputText;
}

/** How a spec ended: the titles of its tests, and how many files could not even be loaded. */
export interface Ended {
  readonly passed: string[];
  readonly failed: string[];
  readonly broken: number;
}

/**
 * A copy of the checkout, in which a mutation may be made: it must not touch the one that is being tested. Packages
 * are there as files of their own, too: the sandbox of parsers holds nothing that lies elsewhere.
 */
export class MutatedCopy {
  private readonly folder = mkdtempSync(join(tmpdir(), 'belay-laws-'));

  constructor() {
    for (const name of readdirSync(ROOT).filter((entry) => !NOT_COPIED.has(entry))) {
      const filter = (path: string): boolean => basename(path) !== 'node_modules';
      cpSync(join(ROOT, name), join(this.folder, name), { recursive: true, filter });
    }
    this.link('');
    rmSync(join(this.folder, 'node_modules/@belay'), { recursive: true });
    mkdirSync(join(this.folder, 'node_modules/@belay'));
    for (const kind of ['apps', 'libs'])
      for (const name of readdirSync(join(this.folder, kind))) {
        symlinkSync(join('../..', kind, name), join(this.folder, 'node_modules/@belay', name));
        if (existsSync(join(ROOT, kind, name, 'node_modules'))) this.link(join(kind, name));
      }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Makes a mutation, calls `work`, and undoes it. */
  under(mutation: Mutation, work: () => void): void {
    const original = source(mutation.file);
    this.put(
      mutation,
      original.replace(mutation.find, () => mutation.replace),
    );
    try {
      work();
    } finally {
      this.put(mutation, original);
    }
  }

  /** Runs the tests of a spec whose titles begin so, on the embedded database: one is enough to see a test fail. */
  run(spec: string, titled: string): Ended {
    const report = join(this.folder, 'report.json');
    rmSync(report, { force: true });
    const tier = /\.(\w+)-spec\.ts$/.exec(spec)?.[1] ?? 'unit';
    const which = [
      '--selectProjects',
      tier,
      '-t',
      titled.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
      '--runTestsByPath',
    ];
    const jest = ['node_modules/jest/bin/jest.js', '--runInBand', '--forceExit', '--json'];
    spawnSync(process.execPath, [...jest, `--outputFile=${report}`, ...which, spec], {
      cwd: this.folder,
      stdio: 'ignore',
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
    return { passed: ended('passed'), failed: ended('failed'), broken: result.numRuntimeErrorTestSuites };
  }

  /** Puts the packages of a room into the copy. */
  private link(room: string): void {
    const packages = ['-a', join(ROOT, room, 'node_modules'), join(this.folder, room)];
    // On another disk they cannot be links.
    if (spawnSync('cp', ['--link', ...packages]).status !== 0) execFileSync('cp', packages);
  }

  /** Puts a text in the place of a file, what is built of it where it runs built, or that alone. */
  private put({ file, compiled }: Mutation, text: string): void {
    // A product whose sources changed builds itself anew before it starts.
    if (compiled !== 'alone') writeFileSync(join(this.folder, file), text);
    if (compiled) writeFileSync(join(this.folder, builtOf(file)), compile(file, text));
  }
}
