import { describe, expect, it } from '@jest/globals';
import { ToolContract } from '@belay/contracts';
import { compileSchema } from '../../contracts/json-schema.js';
import { SEARCH_CONTRACT } from '../../documents/search-contract.js';
import { ALL_HOLD } from '../bounds.js';
import { triedArguments } from './dry-run.js';
import { fillArguments } from '../fill-arguments.js';
import { type Label, SYSTEM } from '../labels.js';

const TEXT = { type: 'string' };
const SCHEMA = {
  type: 'object',
  properties: {
    to: TEXT,
    body: TEXT,
    dryRun: { type: 'boolean' },
    options: { type: 'object', properties: { dryRun: { type: 'boolean' } } },
  },
  required: ['to'],
  additionalProperties: false,
};
const UNTRUSTED: Label = { ...SYSTEM, integrity: 'untrusted', origins: new Set(['mail']) };

function tried(
  dryRun: Partial<ToolContract['dryRun']>,
  {
    args = { to: 'ada', body: 'hello' } as Record<string, unknown>,
    label = SYSTEM,
    audience = null as ReadonlySet<number> | null,
  } = {},
): unknown {
  const document = ToolContract.parse({
    ...SEARCH_CONTRACT,
    contract: 'mail.send',
    peer: { id: 'mail', transport: 'http', url: 'https://mail.example/mcp' },
    input: { schema: SCHEMA, sinks: { '/to': 'recipient', '/body': 'content' } },
    effect: { class: 'irreversible', blast: { resource: 'mails', maxItems: 1, perDay: 10 } },
    approval: { when: 'always', separation: true },
    dryRun: { mode: 'native', argument: '/dryRun', value: true, ...dryRun },
  });
  const checkInput = compileSchema(SCHEMA, 'schema');
  const filled = fillArguments(args, label, new Map());
  return triedArguments({ document, checkInput }, filled, audience, ALL_HOLD);
}

describe('what is sent so that a server only tries', () => {
  it('is the call with the argument that makes it one, whatever the plan says there', () => {
    expect(tried({})).toEqual({ to: 'ada', body: 'hello', dryRun: true });
    expect(tried({}, { args: { to: 'ada', dryRun: false } })).toEqual({ to: 'ada', dryRun: true });
  });

  it.each<[string, Partial<ToolContract['dryRun']>]>([
    ['another mode', { mode: 'simulate' }],
    ['no argument', { argument: undefined }],
    ['the whole as argument', { argument: '' }],
    ['part of an argument', { argument: '/options/dryRun' }],
    ['no value', { value: undefined }],
    ['null', { value: null }],
    ['a value that does not fit', { value: 'yes' }],
    ['an argument that there is not', { argument: '/try' }],
  ])('is nothing with %s: it could be the call itself', (_, dryRun) => {
    expect(tried(dryRun)).toBeUndefined();
  });

  it('is nothing that a step may not send', () => {
    expect(tried({}, { label: UNTRUSTED })).toBeUndefined();
    const mine = { ...SYSTEM, readers: new Set([1]) };
    expect(tried({}, { label: mine })).toBeUndefined();
    expect(tried({}, { label: mine, audience: new Set([1, 2]) })).toBeUndefined();
    expect(tried({}, { label: mine, audience: new Set([1]) })).toBeDefined();
  });
});
