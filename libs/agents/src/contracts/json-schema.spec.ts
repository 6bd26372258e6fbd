import { describe, expect, it } from '@jest/globals';
import { compileSchema, type JsonSchema } from './json-schema.js';

const check = (schema: JsonSchema, value: unknown): string[] => compileSchema(schema, 'schema')(value);
const nested = (depth: number): JsonSchema =>
  Array.from({ length: depth }).reduce<JsonSchema>(
    (inner) => ({ type: 'object', properties: { a: inner } }),
    {},
  );

const many = (pattern: string): object[] =>
  Array.from({ length: 40 }, (_, n) => ({ pattern: `${n}${pattern}` }));

describe('JSON Schema of contracts and servers', () => {
  it('reads 2020-12 where no dialect is declared, and draft-07 where it is', () => {
    expect(check({ prefixItems: [{ type: 'string' }] }, [1])).not.toEqual([]);
    expect(
      check({ $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'string' }] }, [1]),
    ).not.toEqual([]);
    expect(
      check({ $schema: 'http://json-schema.org/draft-07/schema#', prefixItems: [{ type: 'string' }] }, [1]),
    ).toEqual([]);
  });

  it.each([0, false, '', null, []])('judges %p like any other value', (value) => {
    expect(check({ const: value }, value)).toEqual([]);
    expect(check({ type: 'object' }, value)).not.toEqual([]);
  });

  it('says where and what', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false };
    expect(check(schema, { a: 1 })).toEqual(['/a must be string']);
    expect(check(schema, { b: 1 })).toEqual(['the value must NOT have additional properties: b']);
  });

  it.each([
    ['another name', { additionalProperties: false }],
    ['another name than any branch knows', { allOf: [true], unevaluatedProperties: false }],
    ['a value under another name', { additionalProperties: { type: 'string' } }],
    ['a value under a name with a pattern', { patternProperties: { salary: { const: 'x' } } }],
    ['a name by its length', { propertyNames: { maxLength: 3 } }],
    ['a name that is not listed', { propertyNames: { enum: ['a', 'b'] } }],
    ['a name that is refused', { propertyNames: { not: { pattern: 'salary' } } }],
    ['a part that nothing may be', { patternProperties: { salary: false } }],
    ['what a name asks for', { if: { minProperties: 1 }, then: { required: ['other'] } }],
  ])('says the rule alone of %s', (_, schema) => {
    const rule = compileSchema(schema, 'schema').brokenRuleInWords({ 'my salary is 912000': 912000 });
    expect(rule).toMatch(/^.+ \(#\/.+\)$/);
    expect(rule).not.toMatch(/912000/);
  });

  it('says by the rule what is asked for', () => {
    const { brokenRuleInWords } = compileSchema(
      { properties: { a: { type: 'string' } }, required: ['a'] },
      'schema',
    );
    expect(brokenRuleInWords({ a: 'x' })).toBeUndefined();
    expect(brokenRuleInWords({ a: 1 })).toBe('must be string (#/properties/a/type)');
    expect(brokenRuleInWords({})).toBe("must have required property 'a' (#/required)");
  });

  it.each([
    ['a reference to another document', { $ref: 'https://schemas.example/ticket.json' }],
    ['one below a keyword', { allOf: [{ $dynamicRef: 'file:///etc/passwd' }] }],
    ['an unknown dialect', { $schema: 'https://json-schema.org/draft/2019-09/schema' }],
    ['a depth of hundreds', nested(300)],
    ['a depth of ten thousands', nested(20_000)],
    ['thousands of parts', { anyOf: Array.from({ length: 4000 }, (_, n) => ({ const: n })) }],
    ['a large text', { description: 'x'.repeat(300_000) }],
    ['a part with an identity of its own', { $defs: { a: { $id: 'http://other.example/' } } }],
    ['a comparison of every two items', { type: 'array', uniqueItems: true }],
    ['a type that does not exist', { type: 'strange' }],
    ['an expression with a look behind', { type: 'string', pattern: '(?<=a)b' }],
    ['one with a reference back', { type: 'string', pattern: '(a)\\1' }],
    ['one that is longer than anybody needs', { type: 'string', pattern: 'a'.repeat(3000) }],
    ['one that repeats without measure', { type: 'string', pattern: '(?:a{0,999}){1}'.repeat(60) }],
    ['one that repeats what flags hide', { pattern: `(${'a'.repeat(200)})(?i){0,1000}` }],
    [
      'one that repeats what classes hide',
      { pattern: `([[:alpha:])]${'a'.repeat(200)}[[:alpha:](]){0,1000}` },
    ],
    [
      'many that repeat much together, also where nothing is looked for',
      { default: { allOf: many('a{0,999}b{0,999}') }, $ref: '#/default' },
    ],
    ['an asynchronous one', { $async: true }],
    ['a reference to nothing', { $ref: '#/$defs/none' }],
  ])('refuses %s', (_, schema) => {
    expect(() => compileSchema(schema as JsonSchema, 'input schema')).toThrow(
      /^The input schema is refused: /,
    );
  });

  it('takes the expressions that schemas have', () => {
    const day = '(?:(?:\\d\\d[2468][048]|\\d\\d[13579][26]|\\d{4})-(?:0[1-9]|1[0-2])-\\d{2})T[\\d:.]{5,18}Z?';
    const address = "[A-Za-z0-9_'+.-]{1,64}@([A-Za-z0-9][A-Za-z0-9-]{0,63}\\.)+[A-Za-z]{2,24}";
    for (const pattern of [day, address, '^.{1,1000}$', '^[^\\s/]{1,255}(/[^\\s/]{1,255})*$', '^\\p{L}+$'])
      expect(check({ type: 'string', pattern }, 1)).toEqual(['the value must be string']);
  });

  it('runs any expression in time linear to the text', () => {
    const evil = compileSchema({ type: 'string', pattern: '^(a+)+$' }, 'schema');
    expect(evil(`${'a'.repeat(50_000)}b`)).not.toEqual([]);
    expect(evil('aaa')).toEqual([]);
    const two = compileSchema({ properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } } }, 'schema');
    expect([two({ a: 'a', b: 'b' }), two({ a: 'a', b: 'a' }).length, two({ a: 'b' }).length]).toEqual([
      [],
      1,
      1,
    ]);
  });

  it('gives up on a value that takes too long', () => {
    const branch = (n: number): JsonSchema => ({
      anyOf: [{ $ref: `#/$defs/n${n}` }, { $ref: `#/$defs/n${n}` }],
    });
    const $defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [`n${n}`, n === 39 ? { type: 'string' } : branch(n + 1)]),
    );
    expect(check({ $defs, $ref: '#/$defs/n0' }, 1)[0]).toMatch(/longer than/);
  });

  it('follows references within the document, circular ones too', () => {
    const tree = {
      $defs: {
        tree: { type: 'object', properties: { next: { $ref: '#/$defs/tree' } }, additionalProperties: false },
      },
      $ref: '#/$defs/tree',
    };
    expect(check(tree, { next: { next: {} } })).toEqual([]);
    expect(check(tree, { next: { last: {} } })).not.toEqual([]);
  });
});
