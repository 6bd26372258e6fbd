import { describe, expect, it } from '@jest/globals';
import type { ToolContract } from '@belay/contracts';
import { fillArguments, labelAt } from '../runs/fill-arguments.js';
import { type Label, SYSTEM } from '../runs/labels.js';
import { labelLiterals } from './literal-labels.js';

const MADE: Label = {
  integrity: 'untrusted',
  readers: new Set([7]),
  origins: new Set(['desk']),
  documents: new Set(),
};
const INPUT: ToolContract['input'] = {
  schema: {
    type: 'object',
    properties: {
      to: { type: 'string' },
      cc: { type: 'array', items: { type: 'string' } },
      path: { type: 'string' },
      amount: { type: 'number' },
      priority: { enum: ['low', 'high'] },
      mode: { const: 'draft' },
      urgent: { type: 'boolean' },
      due: { type: ['string', 'null'] },
      everybody: { type: 'boolean' },
      any: {},
      fields: { type: 'object', additionalProperties: { type: 'boolean' } },
      rows: { type: 'array', items: { type: 'object', properties: { file: { type: 'string' } } } },
    },
    additionalProperties: false,
  },
  sinks: {
    '/to': 'recipient',
    '/cc': 'recipient',
    '/path': 'path',
    '/amount': 'amount',
    '/everybody': 'recipient',
    '/rows/0/file': 'path',
  },
};
const WORDS =
  'Please write to Anna Berg (anna@norrsund.example), cc "Nils": 5 boxes, not -7 or 8%, from /data/in.txt. Close T-12! ' +
  'It was 1,500.00 before';
const integrity = (literal: unknown, at: string, words = WORDS): string =>
  labelLiterals({ input: INPUT }, words, MADE).value(literal, at).integrity;

describe('a literal of a planner', () => {
  it.each<[unknown, string]>([
    ['Anna Berg', '/to'],
    ['anna berg', '/to'],
    ['anna@norrsund.example', '/to'],
    ['Nils', '/cc/0'],
    ['/data/in.txt', '/path'],
    [5, '/amount'],
    [-7, '/amount'],
    ['T-12', '/any'],
    ['high', '/priority'],
    ['draft', '/mode'],
    [true, '/urgent'],
    [false, '/urgent'],
    [null, '/due'],
  ])('%j at %s is the person’s', (literal, at) => {
    expect(integrity(literal, at)).toBe('user');
  });

  it.each<[string, unknown, string]>([
    ['part of an address', 'norrsund.example', '/to'],
    ['part of a name', 'Ann', '/to'],
    ['part of a path', '/data', '/path'],
    ['the end of a path', 'in.txt', '/path'],
    ['a path in another case', '/Data/in.txt', '/path'],
    ['words with something between them', 'Anna anna@norrsund.example', '/to'],
    ['words in another order', 'Berg Anna', '/to'],
    ['a word with a mark that was not said', 'Nils;', '/to'],
    ['a word with a line after it', 'Nils\n', '/to'],
    ['a word with two spaces', 'Anna  Berg', '/to'],
    ['a letter that looks alike', 'Аnna Berg', '/to'],
    ['a letter of another width', 'Ｎils', '/to'],
    ['a letter that nobody sees', 'Nils\u200b', '/to'],
    ['a number without its sign', 7, '/amount'],
    ['a number with its sign', -5, '/amount'],
    ['part of a percentage', 8, '/amount'],
    ['part of an identifier', 12, '/amount'],
    ['a number with thousands', 1500, '/amount'],
    ['the first figures of a number', 1, '/amount'],
    ['another number', 5.5, '/amount'],
    ['nothing at all', '', '/path'],
    ['only white space', ' ', '/path'],
    ['an empty list', [], '/cc'],
    ['a value that another place lists', 'high', '/to'],
    ['a value that is not listed', 'highest', '/priority'],
    ['a yes where it decides', true, '/everybody'],
    ['a yes where anything goes', true, '/any'],
    ['a yes where a text is asked for', true, '/due'],
    ['nothing where a text is asked for', null, '/to'],
    ['a place that the schema does not know', true, '/other'],
  ])('law-3: %s is untrusted, %j', (_, literal, at) => {
    expect(integrity(literal, at)).toBe('untrusted');
  });

  it('is untrusted without words, and keeps its readers and origins also where it is the person’s', () => {
    expect(integrity('Anna', '/to', '')).toBe('untrusted');
    const label = labelLiterals({ input: INPUT }, WORDS, MADE).value('Nils', '/to');
    expect(label).toEqual({ ...MADE, integrity: 'user' });
    expect(labelLiterals({ input: INPUT }, WORDS, SYSTEM).value('x', '/to')).toEqual(SYSTEM);
  });

  it('cannot hide in a name of a member, in an element of a list or beside a reference', () => {
    const literals = labelLiterals({ input: INPUT }, WORDS, MADE);
    const slots = new Map([
      ['slots', { value: { yes: true }, label: { ...SYSTEM, integrity: 'user' as const } }],
    ]);
    const fill = (template: Record<string, unknown>, pointer: string): string | undefined =>
      labelAt(fillArguments(template, literals, slots), pointer)?.integrity;
    const yes = { $from: 'slots', at: '/yes' };
    expect(fill({ fields: { 'evil@x.example': true } }, '/fields')).toBe('untrusted');
    expect(fill({ fields: { 'evil@x.example': yes } }, '/fields')).toBe('untrusted');
    expect(fill({ fields: { Nils: yes } }, '/fields')).toBe('user');
    expect(fill({ cc: ['Nils', 'evil@x.example'] }, '/cc')).toBe('untrusted');
    expect(fill({ cc: [] }, '/cc')).toBe('untrusted');
    expect(fill({ rows: [{ file: '/data/in.txt' }, { file: '/etc/passwd' }] }, '/rows/0/file')).toBe(
      'untrusted',
    );
    expect(fill({ rows: [{ file: '/data/in.txt' }] }, '/rows/0/file')).toBe('user');
  });
});
