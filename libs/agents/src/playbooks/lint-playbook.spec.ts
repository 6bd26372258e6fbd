import { describe, expect, it } from '@jest/globals';
import type { Playbook, ToolContract } from '@belay/contracts';
import { fillSlots } from './fill-slots.js';
import { lintPlaybook } from './lint-playbook.js';
import { readPlaybook } from './read-playbook.js';
import { tryFixtures } from './try-fixtures.js';

const text = { type: 'string' };
const object = (properties: object, required: string[] = []): Record<string, unknown> => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const TICKET = object({ id: text, subject: text, revision: { type: 'integer' } });
const contract = (
  name: string,
  effect: ToolContract['effect']['class'],
  input: ToolContract['input'],
  output: Record<string, unknown>,
): ToolContract =>
  ({
    contract: `desk.${name}`,
    version: '1.0.0',
    input,
    output: { schema: output, maxBytes: 1000 },
    effect: { class: effect, blast: { resource: 'tickets', maxItems: 1, perDay: 9 } },
    idempotency: { mode: 'key', argument: '/key' },
  }) as unknown as ToolContract;
const CONTRACTS = [
  contract(
    'open',
    'compensable',
    { schema: object({ subject: text, key: text }, ['subject', 'key']), sinks: {} },
    TICKET,
  ),
  contract(
    'close',
    'irreversible',
    { schema: object({ id: text }, ['id']), sinks: { '/id': 'identifier' } },
    TICKET,
  ),
  contract(
    'find',
    'read',
    { schema: object({ text }), sinks: { '/text': 'query' } },
    object({ tickets: { type: 'array', items: TICKET } }),
  ),
];
const find = (range: string): ToolContract | undefined =>
  CONTRACTS.find(({ contract: name }) => name === range.split('@')[0]);

const open = {
  id: 'open',
  contract: 'desk.open@1',
  arguments: { subject: { $from: 'slots', at: '/subject' } },
};
const look = { id: 'look', contract: 'desk.find@1', arguments: { text: 'x' } };
const close = (from: object): object => ({ id: 'close', contract: 'desk.close@1', arguments: { id: from } });
const ID = { type: 'identifier', pattern: 'T-[0-9]+', question: 'Which?', sink: 'identifier' };

function playbook(changes: Record<string, unknown> = {}): Playbook {
  const { document } = readPlaybook(
    JSON.stringify({
      playbook: 'desk.open',
      version: '1.0.0',
      title: 'Open',
      description: 'Opens a ticket.',
      examples: [
        'open a ticket about {subject}',
        'create a ticket for {subject}',
        'open a ticket: {subject}',
      ],
      cues: { verbs: ['open', 'create'], objects: ['ticket'] },
      slots: { subject: { type: 'text', question: 'About what?' } },
      steps: [open],
      ...changes,
    }),
  );
  return document;
}
const rules = (changes: Record<string, unknown> = {}): string[] =>
  lintPlaybook(playbook(changes), find).map(({ rule }) => rule);
const slots = (more: object): object => ({ subject: { type: 'text', question: 'About what?' }, ...more });

/** As many fixtures, each with a loop of so many rounds of so many calls. */
function many(fixtures: number, rounds: number, calls = 1): Playbook {
  const names = Array.from({ length: calls }, (_, n) => (n === 0 ? 'open' : `open${n}`));
  const ids = Array.from({ length: rounds }, (_, n) => `T-${n}`);
  const happened = ids.flatMap((_, n) => names.map((id) => ({ id: `${id}.${n + 1}` })));
  const fixture = {
    slots: { subject: 'x' },
    results: Object.fromEntries(happened.map(({ id }) => [id, { id: 'T-1' }])),
    steps: happened.slice(0, 200),
  };
  return playbook({
    lists: { ids },
    steps: [
      {
        each: { id: 'each', over: { $from: 'slots', at: '/ids' }, most: 100 },
        do: names.map((id) => ({ ...open, id })),
      },
    ],
    fixtures: Array.from({ length: fixtures }, (_, n) => ({ ...fixture, name: `f${n}` })),
  });
}

describe('a playbook', () => {
  it('is sound', () => expect(rules()).toEqual([]));

  it.each<[string, Record<string, unknown>, string]>([
    ['calls what nobody approved', { steps: [{ ...open, contract: 'desk.gone@1' }] }, 'step.no-contract'],
    [
      'gives an argument that there is not',
      { steps: [{ ...open, arguments: { ...open.arguments, x: 1 } }] },
      'argument.unknown',
    ],
    ['leaves an argument out', { steps: [{ ...open, arguments: {} }] }, 'argument.missing'],
    [
      'chooses the key of a call',
      { steps: [{ ...open, arguments: { ...open.arguments, key: 'k' } }] },
      'argument.key',
    ],
    ['gives a number for a text', { steps: [{ ...open, arguments: { subject: 4 } }] }, 'argument.type'],
    [
      'refers to a number for a text',
      { steps: [look, { ...open, arguments: { subject: { $from: 'look', at: '/tickets/0/revision' } } }] },
      'argument.type',
    ],
    [
      'refers to what is not in a result',
      { steps: [look, { ...open, arguments: { subject: { $from: 'look', at: '/gone' } } }] },
      'reference.unknown',
    ],
    [
      'refers to what may not have happened',
      {
        steps: [
          { if: { value: { $from: 'slots', at: '/subject' }, is: 'equal', than: 'x' }, then: [look] },
          { ...open, arguments: { subject: { $from: 'look', at: '/tickets/0/subject' } } },
        ],
      },
      'reference.unknown',
    ],
    [
      'loops over no list',
      { steps: [{ each: { id: 'l', over: { $from: 'slots', at: '/subject' }, most: 3 }, do: [open] }] },
      'loop.no-list',
    ],
    [
      'has text of a tool decide without saying so',
      { steps: [look, open, close({ $from: 'look', at: '/tickets/0/id' })] },
      'sink.untrusted',
    ],
    [
      'has text of a tool decide whether without saying so',
      {
        steps: [look, { if: { value: { $from: 'look', at: '/tickets' }, is: 'present' }, then: [open] }],
      },
      'sink.untrusted',
    ],
    ['says so for nothing', { held: ['open'] }, 'held.needless'],
    [
      'has a slot decide more than it says',
      { slots: slots({ t: { ...ID, sink: 'content' } }), steps: [open, close({ $from: 'slots', at: '/t' })] },
      'slot.sink',
    ],
    [
      'lets any text name something',
      { slots: slots({ t: { type: 'text', question: '?', sink: 'identifier' } }) },
      'slot.open',
    ],
    ['has a slot that nothing uses', { slots: slots({ t: ID }) }, 'slot.unused'],
    [
      'has a pattern that repeats too much',
      { slots: slots({ t: { ...ID, pattern: 'a{0,999}'.repeat(24) } }) },
      'slot.pattern',
    ],
    [
      'has patterns that do together',
      { slots: slots({ t: { ...ID, pattern: 'a{0,900}b{0,900}' }, u: { ...ID, pattern: '(b{0,900}){1}' } }) },
      'slot.pattern',
    ],
    [
      'names what repeats again and again',
      {
        slots: slots({ t: { ...ID, pattern: 'a{0,999}' } }),
        examples: Array.from({ length: 30 }, (_, n) => `open ${n} {t} and {t}`),
      },
      'slot.pattern',
    ],
    [
      'asks without end',
      { slots: slots(Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`s${n}`, ID]))) },
      'slot.many',
    ],
    ['has a pattern that is none', { slots: slots({ t: { ...ID, pattern: '(' } }) }, 'slot.pattern'],
    ['has a default of another form', { slots: slots({ t: { ...ID, default: 'x' } }) }, 'slot.default'],
    [
      'goes on after what cannot be taken back',
      { slots: slots({ t: ID }), steps: [close({ $from: 'slots', at: '/t' }), open] },
      'order.not-last',
    ],
    [
      'repeats what cannot be taken back',
      {
        lists: { ids: ['T-1'] },
        steps: [
          open,
          {
            each: { id: 'l', over: { $from: 'slots', at: '/ids' }, most: 3 },
            do: [close({ $from: 'round' })],
          },
        ],
      },
      'order.repeated',
    ],
    [
      'has an example with a slot that there is not',
      { examples: ['open a ticket {x}', 'open a ticket', 'open the ticket'] },
      'example.unknown-slot',
    ],
    [
      'has an example that is no wish',
      { examples: ['tickets are nice', 'open a ticket', 'open the ticket'] },
      'example.no-cue',
    ],
    ['hides characters', { title: 'Open\u200b' }, 'words.unseen'],
  ])('that %s is told so', (_, changes, rule) => {
    expect(rules(changes)).toContain(rule);
  });

  it('may go on in another branch than the one that cannot be taken back', () => {
    const test = { value: { $from: 'slots', at: '/subject' }, is: 'equal', than: 'x' };
    expect(
      rules({
        slots: slots({ t: ID }),
        steps: [{ if: test, then: [close({ $from: 'slots', at: '/t' })], else: [open] }],
      }),
    ).toEqual([]);
  });

  it.each([
    ['is no YAML', 'a: [', /neither YAML nor JSON/],
    ['is something else', 'a: 1', /is not a playbook/],
    ['is nested without end', `steps: ${'['.repeat(5000)}${']'.repeat(5000)}`, /nested deeper/],
  ])('that %s is refused in words', (_, document, problem) => {
    expect(() => readPlaybook(document)).toThrow(problem);
  });

  it('with more steps than a plan may have is refused', () => {
    const loop = (id: string, ...inner: object[]): object => ({
      each: { id, over: { $from: 'slots', at: '/ids' }, most: 100 },
      do: inner,
    });
    expect(() => playbook({ steps: [loop('a', loop('b', open))] })).toThrow(/more than 1000 steps/);
  });

  it('tells of each fixture whether its calls lead to its steps', async () => {
    const fixture = (changes: object): object => ({
      name: 'f',
      slots: { subject: 'x' },
      results: { open: { id: 'T-1' } },
      steps: [{ id: 'open', arguments: { subject: 'x' } }],
      ...changes,
    });
    const told = async (changes: object): Promise<string | null> =>
      (await tryFixtures(playbook({ fixtures: [fixture(changes)] }), find))[0]?.problem ?? null;
    expect(await told({})).toBeNull();
    expect(await told({ slots: {} })).toMatch(/"subject" is missing/);
    expect(await told({ results: {} })).toBe('The step open failed.');
    expect(await told({ results: {}, problem: 'open failed' })).toBeNull();
    expect(await told({ problem: 'open failed' })).toMatch(/without the problem/);
    expect(await told({ steps: [] })).toMatch(/expected were none/);
    expect(await told({ steps: [{ id: 'open', arguments: { subject: 'y' } }] })).toMatch(/"subject":"x"/);
  });

  it('compiles each contract once for all fixtures, and lets others have their turn between steps', async () => {
    let compiled = 0;
    const [first] = CONTRACTS;
    const counted = {
      ...first,
      input: {
        get schema() {
          compiled += 1;
          return first?.input.schema;
        },
      },
    } as unknown as ToolContract;
    let turns = 0;
    let isOver = false;
    const others = (): void => {
      turns += 1;
      if (!isOver) setImmediate(others);
    };
    setImmediate(others);
    const results = await tryFixtures(many(4, 20), () => counted);
    isOver = true;
    expect(results.map(({ problem }) => problem)).toEqual(Array(4).fill(null));
    expect(compiled).toBe(1);
    expect(turns).toBeGreaterThan(4 * 20);
  });

  it('plays no more steps than a fixture can tell of, and a bounded number of all of them', async () => {
    const long = await tryFixtures(many(1, 100, 3), find);
    expect(long[0]?.problem).toBe('It comes to more than 200 steps.');
    const results = await tryFixtures(many(12, 100), find);
    const problems = results.map(({ problem }) => problem);
    const over = 'The fixtures come to more than 1000 steps together.';
    expect(problems).toEqual([...Array<null>(10).fill(null), over, over]);
  });

  it('takes what a person gives by the types of its slots, and nothing else', () => {
    const typed = playbook({
      slots: slots({
        n: { type: 'number', question: 'How many?', default: 2 },
        sure: { type: 'yes-no', question: 'Sure?', default: false },
        day: { type: 'date', question: 'When?', default: '2027-01-31' },
        kind: { type: 'choice', choices: ['Red', 'Blue'], question: 'Which?', default: 'Red' },
        mail: { type: 'email', question: 'To whom?', default: 'a@b.example' },
      }),
      lists: { ids: ['T-1'] },
    });
    expect(fillSlots(typed, { subject: ' x ', n: '12', sure: 'yes', kind: 'blue' })).toEqual({
      ids: ['T-1'],
      subject: 'x',
      n: 12,
      sure: true,
      day: '2027-01-31',
      kind: 'Blue',
      mail: 'a@b.example',
    });
    for (const [name, value] of [
      ['subject', '  '],
      ['subject', 'a\u202eb'],
      ['n', '1e3'],
      ['sure', 'perhaps'],
      ['day', '2027-02-30'],
      ['kind', 'green'],
      ['mail', 'a@b'],
      ['ids', 'T-2'],
      ['__proto__', 'x'],
    ] as const) {
      const given = JSON.parse(`{"subject":"x",${JSON.stringify(name)}:${JSON.stringify(value)}}`) as Record<
        string,
        string
      >;
      expect(() => fillSlots(typed, given)).toThrow(
        name === 'ids' || name === '__proto__' ? /no slot/ : /must|holds/,
      );
    }
  });
});
