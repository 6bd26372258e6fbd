import { describe, expect, it, jest } from '@jest/globals';
import { isDomainError } from '@belay/errors';
import { readYaml } from './read-yaml.js';

const problemOf = (text: string): string => {
  try {
    readYaml(text);
  } catch (error) {
    if (isDomainError(error, 'contracts.invalid')) return error.message;
    throw error;
  }
  return '';
};
const NEITHER = 'The text is neither YAML nor JSON.';
const TWICE = `${NEITHER} Map keys must be unique`;

/** What there is to go through where each of so many distinct keys is compared with those before it. */
function comparedFor(keys: number): number {
  const some = jest.spyOn(Array.prototype, 'some');
  try {
    readYaml(Array.from({ length: keys }, (_, n) => `key${n}:`).join('\n'));
    return some.mock.contexts.reduce<number>((all, list) => all + (list as unknown[]).length, 0);
  } finally {
    some.mockRestore();
  }
}

/** Does work so many calls deep. */
const below = (calls: number, work: () => void): void => (calls === 0 ? work() : below(calls - 1, work));

describe('a text of YAML', () => {
  it.each([
    ['a: 1\nb: 2\na: 3', 'line 3, column 1'],
    ['a: 1\nb: {c: 1, c: 2}\na: 3', 'line 2, column 11'],
    ['- - x:\n      y: 1\n      y: 2', 'line 3, column 7'],
    ['"a": 1\na: 2', 'line 2, column 1'],
    ['&k a: 1\n&l a: 2', 'line 2, column 4'],
    [': 1\n: 2', 'line 2, column 1'],
    ['1: 2\n0x1: 3', 'line 2, column 1'],
    ['? {b: 1, b: 2}\n: 3', 'line 1, column 10'],
    ['{"a": [{"b": 1}, {"c": 1, "c": 2}]}', 'line 1, column 27'],
  ])('with a key twice is refused with its place: %j', (text, place) => {
    expect(problemOf(text)).toBe(`${TWICE} at ${place}.`);
  });

  it('may have a key again in another map, and numbers beside texts', () => {
    expect(readYaml('a: {b: 1}\nc: {b: 1}\nd: [{b: 1}, {b: 2}]')).toEqual({
      a: { b: 1 },
      c: { b: 1 },
      d: [{ b: 1 }, { b: 2 }],
    });
    expect(problemOf('1: 2\n"1": 3')).toBe('');
  });

  it('with many keys compares none with all the others', () => {
    expect(comparedFor(1000)).toBeLessThan(10_000);
  });

  it.each([
    ['a: b: c', 'Nested mappings are not allowed in compact mappings at line 1, column 4.'],
    [
      'a\n---\nb',
      'Source contains multiple documents; please use YAML.parseAllDocuments() at line 2, column 1.',
    ],
    ['{,,', 'Unexpected , in flow map at line 1, column 3.'],
  ])('that is wrong is refused with the first place: %j', (text, problem) => {
    expect(problemOf(text)).toBe(`${NEITHER} ${problem}`);
  });

  it('with many errors does not copy its line for each of them', () => {
    const replace = jest.spyOn(String.prototype, 'replace');
    expect(problemOf(`{${',,'.repeat(1000)}`)).toMatch(/line 1, column 3/);
    const copied = replace.mock.contexts.reduce<number>((all, text) => all + String(text).length, 0);
    replace.mockRestore();
    expect(copied).toBeLessThan(10_000);
  });

  it('has a bounded number of aliases, of one value and in all', () => {
    const aliased = (anchors: number, each: number): string =>
      Array.from({ length: anchors }, (_, n) => `- &a${n} b\n${`- *a${n}\n`.repeat(each)}`).join('');
    expect(readYaml(aliased(2, 19))).toHaveLength(40);
    expect(problemOf(aliased(1, 20))).toMatch(/more than 20 aliases/);
    expect(problemOf(aliased(201, 1))).toMatch(/more than 200 aliases/);
  });

  // Where the stack ends, an expression of the parser cannot be compiled: that depends on how deep it is called.
  it.each(['{a: ', '[', '- ', '? ', '[{'])('nested without end is refused as that: %j', (opening) => {
    for (let calls = 0; calls < 120; calls += 2)
      below(calls, () => {
        expect(problemOf(opening.repeat(8000))).toBe('The text is nested deeper than 100 levels.');
      });
  });

  it('of the depth that documents may have is read', () => {
    const text = `${'{"a":['.repeat(50)}1${']}'.repeat(50)}`;
    expect(readYaml(text)).toEqual(JSON.parse(text));
  });

  it('that the parser cannot take is refused in words', () => {
    expect(problemOf('!a '.repeat(40_000))).toMatch(NEITHER);
  });
});
