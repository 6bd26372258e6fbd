import { describe, expect, it } from '@jest/globals';
import { EffectClass, type Finding, StdioPeer, type ToolContract, showUnseen } from '@belay/contracts';
import { compareDefinitions } from './compare-definitions.js';
import { guessSinks } from './guess-sinks.js';
import { lintContract } from './lint-contract.js';
import { definitionDigest } from './pinned-definition.js';
import { readContract } from './read-contract.js';
import { scaffoldContract } from './scaffold-contract.js';

const PEER: StdioPeer = {
  id: 'desk',
  transport: 'stdio',
  artifact: 'desk-1.0.0',
  integrity: `sha256:${'a'.repeat(64)}`,
  entry: 'server.js',
  args: [],
  environment: {},
  mounts: [],
  memoryMb: 128,
};
const text = (type = 'string'): object => ({ type });
const object = (properties: object, required: string[] = []): Record<string, unknown> => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

function contract(changes: Partial<ToolContract> = {}): ToolContract {
  const { document } = readContract(
    JSON.stringify({
      contract: 'desk.open',
      version: '1.0.0',
      title: 'Open a ticket',
      description: 'Opens a ticket at the help desk.',
      peer: PEER,
      tool: { name: 'open_ticket', definitionDigest: `sha256:${'b'.repeat(64)}` },
      input: {
        schema: object({ subject: text(), key: text() }, ['subject']),
        sinks: { '/subject': 'content', '/key': 'identifier' },
      },
      output: { schema: object({ id: text(), revision: text('integer') }), maxBytes: 4096 },
      effect: { class: 'compensable', blast: { resource: 'tickets', maxItems: 1, perDay: 20 } },
      idempotency: { mode: 'key', argument: '/key' },
      compensation: { contract: 'desk.close@^1', args: { '/id': '$result/id', '/why': 'rolled back' } },
      limits: { rate: { calls: 10, per: 'minute' }, burst: 5, concurrency: 1, timeoutMs: 5000 },
      budget: { cost: 1, maxPerRun: 3 },
      approval: { when: 'always' },
      dryRun: { mode: 'simulate' },
    }),
  );
  return { ...document, ...changes };
}
const close = contract({
  contract: 'desk.close',
  input: { schema: object({ id: text(), why: text() }, ['id']), sinks: {} },
});
const NESTED: Partial<ToolContract> = {
  input: {
    schema: object({ subject: text(), key: text(), options: object({ dryRun: text('boolean') }) }),
    sinks: {},
  },
};
const rules = (document: ToolContract, found: ToolContract | undefined = close): string[] =>
  lintContract(document, () => found)
    .filter(({ severity }: Finding) => severity === 'error')
    .map(({ rule }) => rule);

describe('a contract document', () => {
  it('has one digest whatever its layout is, and another when anything is different', () => {
    const json = JSON.stringify(contract());
    const { digest } = readContract(json);
    const turned = JSON.stringify(
      Object.fromEntries(Object.entries(JSON.parse(json) as object).reverse()),
      null,
      4,
    );
    expect(readContract(`# a comment\n${turned}`).digest).toBe(digest);
    expect(readContract(JSON.stringify(contract({ title: 'Open a ticket.' }))).digest).not.toBe(digest);
  });

  it.each([
    ['nothing', ''],
    ['no object', '- a\n- b'],
    ['a key twice', '{"contract": "a.b", "contract": "c.d"}'],
    ['an unknown key', JSON.stringify({ ...contract(), approve: 'never' })],
    ['a broken text', '{"contract": '],
    ['two documents', 'a: 1\n---\nb: 2'],
    ['aliases that multiply', `a: &a [x]\n${Array.from({ length: 30 }, (_, n) => `b${n}: *a`).join('\n')}`],
    ['a climbing entry', JSON.stringify(contract({ peer: { ...PEER, entry: '../server.js' } }))],
    ['a climbing artifact', JSON.stringify(contract({ peer: { ...PEER, artifact: '../..' } }))],
    ['no effect class', JSON.stringify(contract()).replace('"compensable"', '""')],
  ])('is refused with %s', (_, document) => {
    expect(() => readContract(document)).toThrow(expect.objectContaining({ code: 'contracts.invalid' }));
  });
});

describe('what is found in a contract', () => {
  it('is nothing wrong in a whole one', () => {
    expect(rules(contract())).toEqual([]);
    expect(rules(contract({ dryRun: { mode: 'native', argument: '/subject', value: 'test' } }))).toEqual([]);
  });

  it.each<[string, Partial<ToolContract>]>([
    ['effect.no-way-back', { compensation: undefined }],
    ['outcome.cannot-be-known', { idempotency: { mode: 'none' } }],
    ['idempotency.no-argument', { idempotency: { mode: 'key', argument: '/nothing' } }],
    ['approval.never', { approval: { when: 'never', approvers: 1, separation: false, expiresMinutes: 5 } }],
    ['words.unseen', { description: 'Opens a ticket.\u{e0041}' }],
    ['input.open', { input: { schema: { type: 'object', properties: { key: text() } }, sinks: {} } }],
    ['input.unknown-sink', { input: { schema: object({ key: text() }), sinks: { '/to': 'recipient' } } }],
    ['schema.refused', { output: { schema: { $ref: 'http://other.example/a' }, maxBytes: 10 } }],
    ['redact.unknown', { redact: ['/secret'] }],
    ['dry-run.no-argument', { dryRun: { mode: 'native' } }],
    ['dry-run.no-argument', { dryRun: { mode: 'native', argument: '', value: true } }],
    ['dry-run.no-argument', { dryRun: { mode: 'native', argument: '/nothing', value: true } }],
    ['dry-run.no-argument', { dryRun: { mode: 'native', argument: '/subject/dryRun', value: true } }],
    [
      'dry-run.no-argument',
      { ...NESTED, dryRun: { mode: 'native', argument: '/options/dryRun', value: true } },
    ],
    ['dry-run.no-value', { dryRun: { mode: 'native', argument: '/subject' } }],
    ['dry-run.no-value', { dryRun: { mode: 'native', argument: '/subject', value: null } }],
    ['dry-run.value', { dryRun: { mode: 'native', argument: '/subject', value: true } }],
    [
      'reference.source',
      {
        compensation: {
          contract: 'desk.close@^1',
          args: { '/id': '$result/number' },
          tolerateMissing: true,
          unchanged: [],
        },
      },
    ],
    [
      'reference.type',
      {
        compensation: {
          contract: 'desk.close@^1',
          args: { '/id': '$result/revision' },
          tolerateMissing: true,
          unchanged: [],
        },
      },
    ],
    [
      'reference.missing',
      { compensation: { contract: 'desk.close@^1', args: {}, tolerateMissing: true, unchanged: [] } },
    ],
    [
      'reference.argument',
      {
        compensation: {
          contract: 'desk.close@^1',
          args: { '/id': '$result/id', '/other': 1 },
          tolerateMissing: true,
          unchanged: [],
        },
      },
    ],
    [
      'probe.has-effect',
      { probe: { contract: 'desk.close@^1', args: { '/id': '$input/key' }, found: '/id' } },
    ],
    [
      'probe.no-key',
      {
        idempotency: { mode: 'none' },
        probe: { contract: 'desk.close@^1', args: { '/id': '$key' }, found: '/id' },
      },
    ],
    [
      'reference.source',
      {
        compensation: {
          contract: 'desk.close@^1',
          args: { '/id': '$key' },
          tolerateMissing: true,
          unchanged: [],
        },
      },
    ],
  ])('is %s', (rule, changes) => {
    expect(rules(contract(changes))).toContain(rule);
  });

  it("is a probe that may find another's, and none that asks by the key of its call", () => {
    const all = (id: string): string[] => {
      const probe = { contract: 'desk.close@^1', args: { '/id': id }, found: '/id' };
      return lintContract(contract({ probe }), () => close).map(({ rule }) => rule);
    };
    expect(all('$input/subject')).toContain('probe.not-own');
    expect(all('$key')).not.toContain('probe.not-own');
  });

  it('is a way back that nobody approved', () => {
    expect(lintContract(contract(), () => undefined).map(({ rule }) => rule)).toContain('reference.unknown');
  });

  it('is a way back by a tool of another server', () => {
    const other = { ...close, peer: { ...PEER, id: 'elsewhere' } };
    expect(lintContract(contract(), () => other).map(({ rule }) => rule)).toContain('reference.peer');
    expect(rules(contract())).not.toContain('reference.peer');
  });

  it('is an irreversible effect that its requester could approve', () => {
    const effect = { class: 'irreversible', blast: { resource: 'mail', maxItems: 1, perDay: 5 } } as const;
    expect(rules(contract({ effect, compensation: undefined }))).toEqual(['approval.no-separation']);
  });
});

describe('the definition of a server', () => {
  const definition = {
    name: 'Open Ticket',
    description: 'Opens.\u{e0049}\u{e0047} \u202eevil',
    inputSchema: {
      type: 'object',
      properties: {
        assigneeEmail: { ...text(), description: 'Ask evil' },
        path: text(),
        state: { enum: ['a'] },
        description: text(),
      },
    },
    annotations: { readOnlyHint: true },
    unknownToUs: 1,
  };

  it('is pinned by every field that somebody could see', () => {
    const digest = definitionDigest(definition);
    expect(definitionDigest({ ...definition, unknownToUs: 2 })).toBe(digest);
    for (const field of [
      'title',
      'description',
      'outputSchema',
      'annotations',
      'icons',
      'execution',
      '_meta',
    ])
      expect(definitionDigest({ ...definition, [field]: { changed: true } })).not.toBe(digest);
  });

  it('is compared with characters written out that nobody sees', () => {
    const changes = compareDefinitions({ ...definition, description: 'Opens.' }, definition);
    expect(changes).toEqual([
      { at: '/description', was: 'Opens.', is: 'Opens.⟨U+E0049 "I"⟩⟨U+E0047 "G"⟩ ⟨U+202E⟩evil' },
    ]);
    expect(showUnseen('zwölf Straßen 🙂')).toBe('zwölf Straßen 🙂');
  });

  it('asks to look twice at secrets in the open and at the private network', () => {
    const peer: StdioPeer = { ...PEER, environment: { CRM_TOKEN: 'x', REGION: 'eu' }, privateNetwork: true };
    expect(lintContract(contract({ peer }), () => close).map(({ rule }) => rule)).toEqual([
      'peer.private-network',
      'peer.open-secret',
    ]);
  });

  it('wants the text described where the result is text', () => {
    const output = { from: 'text', schema: object({ id: text() }), maxBytes: 10 } as const;
    const read = { effect: { class: 'read', blast: { resource: 'r', maxItems: 1, perDay: 1 } } } as const;
    const reading = contract({ ...read, output });
    delete reading.compensation;
    expect(rules(reading)).toContain('output.no-text');
    expect(rules({ ...reading, output: { ...output, schema: object({ text: text() }) } })).toEqual([]);
  });

  it('becomes a draft that takes no word over and is refused until its effect is decided', () => {
    const draft = scaffoldContract(PEER, definition);
    expect(draft).not.toContain('evil');
    expect(draft).toContain('/assigneeEmail: recipient');
    expect(draft).toContain('/path: path');
    expect(draft).toContain('# What each argument decides');
    expect(draft).toContain('/description: content');
    expect(() => readContract(draft)).toThrow(/effect\.class/);
    const decided = draft
      .replace(/class: ""/, `class: ${EffectClass.enum.read}`)
      .replace(/title: ""/, 'title: Open')
      .replace(/description: ""/, 'description: Opens a ticket');
    expect(readContract(decided).document.tool.name).toBe('Open Ticket');
  });
});

describe('what the arguments of a tool decide, as a draft guesses it', () => {
  const schema = object({
    text: text(),
    to: text(),
    reply: { type: 'string', format: 'email' },
    page: { type: 'string', format: 'uri' },
    ref: { type: 'string', format: 'uuid' },
    state: { type: 'string', enum: ['open', 'closed'] },
    isOpen: text('boolean'),
  });
  const told = { '/to': 'recipient', '/reply': 'recipient', '/page': 'url', '/ref': 'identifier' };

  it.each(['find_tickets', 'searchTickets', 'list-tickets'])('of %s, a text is what is looked for', (tool) =>
    expect(guessSinks(schema, tool)).toEqual({ ...told, '/text': 'query' }),
  );

  it.each(['create_ticket', 'finder', 'listen'])('of %s, a text is what it says', (tool) =>
    expect(guessSinks(schema, tool)).toEqual({ ...told, '/text': 'content' }),
  );
});

describe('what a contract may not give its server', () => {
  const refused = (more: object): string => {
    const found = StdioPeer.safeParse({ ...PEER, ...more });
    return found.success ? '' : found.error.issues.map(({ message }) => message).join();
  };

  it.each(['NODE_OPTIONS', 'LD_PRELOAD', 'PATH', 'BASH_ENV', 'ENV', 'IFS', 'SHELLOPTS', 'PS4', 'GCONV_PATH'])(
    'the variable %s, itself or as a secret',
    (name) => {
      expect(refused({ environment: { [name]: 'x' } })).toMatch(/decides what Node.js/);
      expect(refused({ secrets: { [name]: 'token' } })).toMatch(/decides what Node.js/);
    },
  );

  it('a value with a NUL character', () => {
    expect(refused({ environment: { A: 'x\0--bind' } })).toMatch(/NUL/);
    expect(refused({ environment: { A: 'x', PATHS: 'y', HOME: '/data' } })).toBe('');
  });

  it.each(['/peer', '/usr/bin', '/lib', '/proc/self', '/tmp', '//usr', '/', '/data/', '/data/../usr'])(
    'a folder at %s',
    (path) => expect(refused({ mounts: [{ name: 'd', path, mode: 'rw' }] })).toMatch(/must (not )?be/),
  );

  it.each(['/data', '/data/in-1', '/users'])('but one at %s', (path) =>
    expect(refused({ mounts: [{ name: 'd', path, mode: 'ro' }] })).toBe(''),
  );
});
