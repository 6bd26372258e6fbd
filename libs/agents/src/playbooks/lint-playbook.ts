import { type Finding, hasUnseen, type Playbook, Reference, type Sink, type Slot } from '@belay/contracts';
import { error, type FindContract, warning } from '../contracts/finding.js';
import { linearExpression } from '../contracts/linear-expression.js';
import { lintArguments } from './lint-arguments.js';
import { lintWeight } from './lint-weight.js';
import { findRequests } from './find-requests.js';
import { Matchable } from './match-playbook.js';
import { frameOfExample, partsOfExample } from './examples.js';
import { type SeenPlan, type SeenStep, seePlan } from './plan-types.js';
import { readSlot } from './read-slot.js';
import { typesOf } from '../contracts/schema-at.js';

// What a person names, rather than writes.
const CHOSEN: ReadonlySet<Sink> = new Set(['path', 'url', 'recipient', 'identifier']);

/** What is wrong with a playbook, or weak about it. A playbook with an error is not registered. */
export function lintPlaybook(playbook: Playbook, find: FindContract): Finding[] {
  const weight = lintWeight(playbook);
  if (weight.length > 0) return weight;
  const slots = lintSlots(playbook);
  // What follows reads the examples by the patterns of slots.
  if (slots.some(({ severity }) => severity === 'error')) return slots;
  const plan = seePlan(playbook, find);
  return [
    ...slots,
    ...lintWords(playbook),
    ...lintExamples(playbook),
    ...lintReferences(plan),
    ...plan.steps.flatMap((step) => lintArguments(step, playbook, find)),
    ...lintOrder(plan, find),
    ...lintUse(playbook),
  ];
}

interface SlotRule {
  readonly rule: string;
  readonly isBroken: (slot: Slot) => boolean;
  readonly message: string;
}

const SLOT_RULES: readonly SlotRule[] = [
  {
    rule: 'slot.choices',
    isBroken: ({ type, choices }) => (type === 'choice') !== (choices !== undefined),
    message: 'A choice has choices, and nothing else has.',
  },
  {
    rule: 'slot.pattern',
    isBroken: ({ type, pattern }) => type === 'identifier' && pattern === undefined,
    message: 'Say what an identifier looks like: set pattern.',
  },
  {
    rule: 'slot.pattern',
    isBroken: ({ type, pattern }) => pattern !== undefined && type !== 'identifier' && type !== 'text',
    message: 'Only texts and identifiers take a pattern; other types have a form of their own.',
  },
  {
    rule: 'slot.pattern',
    isBroken: ({ pattern }) => pattern !== undefined && !isPattern(pattern),
    message: 'The pattern is no regular expression (RE2), or repeats too much.',
  },
  {
    rule: 'slot.default',
    isBroken: (slot) =>
      slot.default !== undefined &&
      isPattern(slot.pattern ?? '.') &&
      readSlot(slot, slot.default).problem !== undefined,
    message: 'The default is no value of its type.',
  },
  {
    rule: 'slot.open',
    isBroken: ({ type, pattern, sink }) => type === 'text' && pattern === undefined && CHOSEN.has(sink),
    message: 'Any text could decide that: set pattern, or another type.',
  },
];

function lintSlots({ slots, lists }: Playbook): Finding[] {
  const twice = Object.keys(slots)
    .filter((name) => name in lists)
    .map((name) => error('slot.twice', `/slots/${name}`, `There is a list called ${name}, too.`));
  const broken = Object.entries(slots).flatMap(([name, slot]) =>
    SLOT_RULES.filter(({ isBroken }) => isBroken(slot)).map(({ rule, message }) =>
      error(rule, `/slots/${name}`, message),
    ),
  );
  return [...twice, ...broken];
}

function isPattern(pattern: string): boolean {
  try {
    linearExpression(pattern);
    return true;
  } catch {
    return false;
  }
}

function lintWords({ title, description, slots, examples }: Playbook): Finding[] {
  const texts = {
    title,
    description,
    ...Object.fromEntries(Object.entries(slots).map(([name, slot]) => [`slots/${name}`, slot.question])),
  };
  const places = [
    ...Object.entries(texts),
    ...examples.map((text, index) => [`examples/${index}`, text] as const),
  ];
  return places
    .filter(([, text]) => hasUnseen(text))
    .map(([place]) =>
      error('words.unseen', `/${place}`, 'It holds characters that people do not see. Remove them.'),
    );
}

function lintExamples(playbook: Playbook): Finding[] {
  const { examples, slots } = playbook;
  const matchable = new Matchable(playbook);
  return examples.flatMap((example, index) => {
    const at = `/examples/${index}`;
    const named = partsOfExample(example).flatMap((part) => ('slot' in part ? [part.slot] : []));
    const findings = named
      .filter((name) => slots[name] === undefined)
      .map((name) => error('example.unknown-slot', at, `There is no slot ${name}.`));
    if (new Set(named).size < named.length)
      findings.push(error('example.slot-twice', at, 'A slot stands in it twice.'));
    if (named.some((name) => slots[name]?.type === 'yes-no'))
      findings.push(
        error('example.yes-no', at, 'A yes or no is not read from words: let the person be asked.'),
      );
    // What is not found by its own words will not be found by others.
    if (findRequests(frameOfExample(example), matchable.isCommand).length === 0)
      findings.push(
        warning('example.no-cue', at, 'It is not read as a wish: begin it with one of cues.verbs.'),
      );
    return findings;
  });
}

function lintReferences({ references }: SeenPlan): Finding[] {
  return references.flatMap(({ reference, by, found, use, condition }) => {
    const place = `${reference.$from}${reference.at}`;
    const what = use === 'loop' ? `The loop ${by}` : 'A condition';
    if (!found)
      return [
        error(
          'reference.unknown',
          '/steps',
          `${what} refers to ${place}, which is not there, or may not have happened.`,
        ),
      ];
    const types = typesOf(found.schema);
    if (use === 'loop' && types && !types.has('array'))
      return [error('loop.no-list', '/steps', `${what} goes over ${place}, which is no list.`)];
    if (condition && condition.than === undefined && condition.is !== 'present' && condition.is !== 'absent')
      return [error('condition.nothing', '/steps', `${what} compares ${place} with nothing: say "than".`)];
    return [];
  });
}

/** What cannot be taken back comes last, once, and is allowed by somebody. */
function lintOrder({ steps }: SeenPlan, find: FindContract): Finding[] {
  const calls = steps.flatMap((step) => {
    const contract = 'contract' in step.node ? find(step.node.contract) : undefined;
    return contract && contract.effect.class !== 'read' ? [{ step, contract }] : [];
  });
  return calls.flatMap(({ step, contract }, index) => {
    if (contract.effect.class !== 'irreversible') return [];
    const at = '/steps';
    const { id } = step.node;
    if (step.isRepeated)
      return [
        error('order.repeated', at, `${id} cannot be taken back, so that it does not belong into a loop.`),
      ];
    const later = calls.slice(index + 1).find((one) => !areApart(step, one.step));
    return later
      ? [
          error(
            'order.not-last',
            at,
            `${id} cannot be taken back and comes before ${later.step.node.id}: put it last.`,
          ),
        ]
      : [];
  });
}

// Of two steps of different branches of a condition, only one happens.
const areApart = (a: SeenStep, b: SeenStep): boolean =>
  a.branch.some(([choice, side]) =>
    b.branch.some(([other, otherSide]) => choice === other && side !== otherSide),
  );

function lintUse({ slots, lists, steps, held }: Playbook): Finding[] {
  const text = JSON.stringify(steps);
  const used = new Set(namesOfSlots(steps));
  const unused = [...Object.keys(slots), ...Object.keys(lists)].filter((name) => !used.has(name));
  return [
    ...unused.map((name) => warning('slot.unused', `/slots/${name}`, `No step uses ${name}.`)),
    ...held
      .filter((id) => !text.includes(`"id":"${id}"`))
      .map((id) => error('held.unknown', '/held', `There is no step ${id}.`)),
  ];
}

function namesOfSlots(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const reference = Reference.safeParse(node);
  if (reference.success && reference.data.$from === 'slots') return [reference.data.at.split('/')[1] ?? ''];
  return Object.values(node).flatMap(namesOfSlots);
}
