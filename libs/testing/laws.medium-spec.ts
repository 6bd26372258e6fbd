import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { builtOf, compile, inForce, mutations, source } from './mutated-copy.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

function specs(folder = ROOT): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', '.git', '.belay'].includes(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return specs(path);
    return /[.-]spec\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

/** A spec with what it takes from files beside it or in this room: some tests are made there. */
function textOf(spec: string): string {
  const own = source(spec);
  const taken = [...own.matchAll(/from '(\.|@belay\/testing)(\/[^']+)'/g)].map(([, from, name = '']) =>
    join(from === '.' ? dirname(spec) : 'libs/testing', name.replace(/(\.js)?$/, '.ts')),
  );
  return [own, ...taken.filter((path) => existsSync(join(ROOT, path))).map(source)].join('\n');
}

describe('the laws manifest', () => {
  it('names laws whose mutations a drill makes', () => {
    const drills = specs().filter((path) => path.includes('laws-') && path.endsWith('.full-spec.ts'));
    const made = drills.flatMap((path) => readFileSync(path, 'utf8').match(/law-\d+/g) ?? []);
    expect(made.sort()).toEqual(inForce.map(({ id }) => id).sort());
  });

  it.each(inForce)('$id is cited by the title of a test and has a mutation', ({ id, mutations: own }) => {
    const cited = specs().filter((path) => readFileSync(path, 'utf8').includes(`'${id}: `));
    expect(cited).not.toEqual([]);
    expect(own.length).toBeGreaterThan(0);
  });

  it.each(mutations)(
    '$id: "$breaks" edits one place, which a test is for',
    ({ id, file, find, spec, test }) => {
      expect(source(file).split(find)).toHaveLength(2);
      const cited =
        textOf(spec)
          .replaceAll('`', "'")
          .split(`'${id}: ${test ?? ''}`).length - 1;
      expect(test === undefined ? cited > 0 : cited === 1).toBe(true);
    },
  );

  it.each(mutations.filter(({ compiled }) => compiled))(
    '$id: "$breaks" can be made in what is built of $file',
    ({ file }) => {
      expect(compile(file, source(file))).toBe(source(builtOf(file)));
    },
  );
});
