import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import {
  AcceptInvitation,
  AnswerQuestion,
  AskRequest,
  AuditQuery,
  GrantRequest,
  NewApiKey,
  NewPerson,
  NewRun,
  Peer,
  readAs,
  SearchRequest,
} from './index.js';

const problemOf = (schema: z.ZodType, value: unknown): string | undefined => readAs(schema, value).problem;

const deep = (levels: number): unknown =>
  Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 0);

describe('readAs', () => {
  it('gives the value as the contract has it', () => {
    expect(readAs(AuditQuery, { limit: '7' }).data).toEqual({ after: '', limit: 7 });
  });

  it.each<[string, z.ZodType, unknown, string]>([
    ['a depth of ten thousands', NewRun, deep(20_000), 'The request is nested too deeply.'],
    [
      'a character that cannot be kept',
      NewRun,
      { title: 'a', steps: [{ id: 'a', contract: 'a.b@^1', arguments: { 'a\0': 1 } }] },
      'The request holds a character that cannot be kept: NUL, or half of a surrogate pair.',
    ],
    [
      'half of a pair',
      AnswerQuestion,
      { step: 'a', answer: '\ud800' },
      'The request holds a character that cannot be kept: NUL, or half of a surrogate pair.',
    ],
    ['a missing field', AskRequest, {}, '"question" is missing.'],
    ['a field of another type', AskRequest, { question: 7 }, '"question" must be text.'],
    ['no number', AskRequest, { question: 'a', sentences: null }, '"sentences" must be a number.'],
    ['a broken number', AskRequest, { question: 'a', sentences: 1.5 }, '"sentences" must be a whole number.'],
    ['a number too large', AskRequest, { question: 'a', sentences: 9 }, '"sentences" must be at most 3.'],
    ['a number too small', AskRequest, { question: 'a', sentences: 0 }, '"sentences" must be at least 1.'],
    ['empty text', AskRequest, { question: ' ' }, '"question" must not be empty.'],
    [
      'text too long',
      AskRequest,
      { question: 'a'.repeat(2001) },
      '"question" must have at most 2000 characters.',
    ],
    [
      'an unknown choice',
      SearchRequest,
      { query: 'a', route: 'magic' },
      '"route" must be one of hybrid, vector, lexical.',
    ],
    [
      'no time',
      GrantRequest,
      { principal: 'everyone', on: 'a', expires: 'tomorrow' },
      '"expires" must be a time with its zone, as in 2027-01-31T00:00:00Z.',
    ],
    [
      'a wrong name, in the words of the contract',
      GrantRequest,
      { principal: 'ada', on: 'a' },
      '"principal" must be person:NAME, group:NAME, role:NAME or everyone.',
    ],
    [
      'a short password',
      AcceptInvitation,
      { token: '0123456789', password: 'short' },
      '"password" must have at least 10 characters.',
    ],
    ['an empty list', NewApiKey, { label: 'a', actions: [] }, '"actions" must not be empty.'],
    [
      'an entry of a list',
      NewApiKey,
      { label: 'a', actions: ['ask', 'fly'] },
      '"actions[1]" must be one of ask, read, write, act, administer.',
    ],
    [
      'a label of nothing but spaces',
      NewApiKey,
      { label: ' \n ', actions: ['ask'] },
      '"label" must not be empty.',
    ],
    ...['a\u202eb', 'a\u0007b', '\u200b', 'a\nb'].map((label): [string, z.ZodType, unknown, string] => [
      `the label ${JSON.stringify(label)}`,
      NewApiKey,
      { label, actions: ['ask'] },
      '"label" must be one line without characters that cannot be seen.',
    ]),
    [
      'half of a character',
      AskRequest,
      { question: 'What is \ud83d?' },
      '"question" holds a character that cannot be kept: NUL, or half of a surrogate pair.',
    ],
    [
      'a character that no database keeps',
      z.object({ places: z.array(z.object({ name: z.string() })) }),
      { places: [{ name: '😀' }, { name: 'a\0' }] },
      '"places[1].name" holds a character that cannot be kept: NUL, or half of a surrogate pair.',
    ],
    ['what is no object', AskRequest, 'hello', 'The request must be an object.'],
    ['no day', AuditQuery, { since: '31.1.2026' }, '"since" must be a day, as in 2027-01-31.'],
    [
      'several fields',
      NewPerson,
      { name: 'Ada L', displayName: '', email: 'ada' },
      '"name" must be lower case letters, digits, ".", "-" or "_", beginning with a letter or digit, at most 63. ' +
        '"displayName" must not be empty. "email" must be an e-mail address, as in ada@example.org.',
    ],
    [
      'unknown fields',
      z.strictObject({}),
      { colour: 1 },
      'The request holds "colour", which is not known here.',
    ],
    [
      'a name that is refused',
      Peer,
      { id: 'crm', transport: 'http', url: 'https://crm.example/mcp', secrets: { CRM_TOKEN: 'crm-token' } },
      '"secrets.CRM_TOKEN" must be the name of a header, of letters, digits and dashes, such as X-Api-Key.',
    ],
    [
      'what fits no form',
      z.union([z.string(), z.number()]),
      true,
      'The request has a form that is not accepted here.',
    ],
  ])('says in a sentence what to do about %s', (_, schema, value, sentence) => {
    expect(problemOf(schema, value)).toBe(sentence);
  });
});
