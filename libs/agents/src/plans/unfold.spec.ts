import { describe, expect, it, jest } from '@jest/globals';
import type { Condition, PlanNode } from '@belay/contracts';
import fc from 'fast-check';
import { type Label, type Labelled, SYSTEM } from '../runs/labels.js';
import { type Outcome, unfold, type Unfolded } from './unfold.js';

jest.setTimeout(60_000);
const USER: Label = { ...SYSTEM, integrity: 'user' };
const PEER: Label = {
  integrity: 'untrusted',
  readers: new Set([7]),
  origins: new Set(['desk']),
  documents: new Set(),
};
const call = (id: string, args: Record<string, unknown> = {}): PlanNode => ({
  id,
  contract: 'desk.open@1',
  arguments: args,
});
const from = ($from: string, at = ''): { $from: string; at: string } => ({ $from, at });
const succeeded = (value: unknown, label = PEER): Outcome => ({ state: 'succeeded', value, label });
const next = (
  nodes: PlanNode[],
  outcomes: Record<string, Outcome> = {},
  slots: Record<string, unknown> = {},
): Unfolded => {
  const given = Object.entries(slots).map(([name, value]) => [name, { value, label: USER }] as const);
  return unfold(nodes, new Map(Object.entries(outcomes)), new Map<string, Labelled>(given), SYSTEM);
};
const ids = ({ ready }: Unfolded): string[] => ready.map(({ id }) => id);
const loop = (id: string, over: object, most: number, ...nodes: PlanNode[]): PlanNode =>
  ({ each: { id, over, most }, do: nodes }) as PlanNode;

/** What the call of a step gives in these tests: decided by its name alone. */
const resultOf = (id: string): { list: number[]; flag: boolean; n: number } => {
  const sum = [...id].reduce((all, character) => (all * 31 + character.charCodeAt(0)) % 9973, 7);
  return { list: Array.from({ length: sum % 4 }, (_, index) => index), flag: sum % 2 === 0, n: sum };
};

/** The shape of a plan without names; `pick` chooses what it refers to. */
type Shape =
  | { kind: 'call'; pick: number }
  | { kind: 'if'; pick: number; then: Shape[]; else: Shape[] }
  | { kind: 'each'; pick: number; do: Shape[] }
  | { kind: 'together'; sides: Shape[][] };
const shapes = fc.letrec<{ one: Shape; some: Shape[] }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 2, depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('call' as const), pick: fc.nat() }),
    fc.record({ kind: fc.constant('if' as const), pick: fc.nat(), then: tie('some'), else: tie('some') }),
    fc.record({ kind: fc.constant('each' as const), pick: fc.nat(), do: tie('some') }),
    fc.record({
      kind: fc.constant('together' as const),
      sides: fc.array(tie('some'), { minLength: 2, maxLength: 3 }),
    }),
  ),
  some: fc.array(tie('one'), { minLength: 1, maxLength: 2 }),
}));

/** A plan of a shape, whose references name what has happened wherever they stand. */
function build(shape: readonly Shape[]): PlanNode[] {
  let count = 0;
  const name = (): string => `s${(count += 1)}`;
  const some = (list: readonly Shape[], scope: string[]): PlanNode[] => list.map((one) => node(one, scope));
  const node = (one: Shape, scope: string[]): PlanNode => {
    if (one.kind === 'together') return { together: one.sides.map((side) => some(side, [...scope])) };
    const source = scope[one.pick % scope.length] ?? 'slots';
    if (one.kind === 'call') {
      const id = name();
      const made = call(id, { of: from(source, '/n') });
      scope.push(id);
      return made;
    }
    if (one.kind === 'each') return loop(name(), from(source, '/list'), 3, ...some(one.do, [...scope]));
    const test: Condition = { value: from(source, '/flag'), is: 'equal', than: true };
    return { if: test, then: some(one.then, [...scope]), else: some(one.else, [...scope]) };
  };
  return some(shape, ['slots']);
}

/** What happens by the plan, and what before what: an interpreter that knows every result. */
function model(plan: readonly PlanNode[]): { steps: string[]; before: [string[], string[]][] } {
  const before: [string[], string[]][] = [];
  const follow = (parts: readonly (() => string[])[]): string[] => {
    const all: string[] = [];
    for (const part of parts) {
      const steps = part();
      before.push([[...all], steps]);
      all.push(...steps);
    }
    return all;
  };
  const read = ({ $from, at }: { $from: string; at: string }, suffix: string): unknown => {
    const owner = $from === 'slots' ? 'slots' : `${$from}${suffixOf($from, suffix)}`;
    return (resultOf(owner) as Record<string, unknown>)[at.slice(1)];
  };
  const depths = depthsOf(plan);
  const suffixOf = (id: string, suffix: string): string =>
    suffix
      .split('.')
      .slice(0, (depths.get(id) ?? 0) + 1)
      .join('.');
  const all = (nodes: readonly PlanNode[], suffix: string): string[] =>
    follow(nodes.map((node) => () => one(node, suffix)));
  const one = (node: PlanNode, suffix: string): string[] => {
    if ('id' in node) return [`${node.id}${suffix}`];
    if ('together' in node) return node.together.flatMap((side) => all(side, suffix));
    if ('if' in node)
      return all((read(node.if.value, suffix) === true ? node.then : node.else) ?? [], suffix);
    const list = read(node.each.over, suffix) as unknown[];
    return follow(list.map((_, index) => () => all(node.do, `${suffix}.${index + 1}`)));
  };
  return { steps: all(plan, ''), before };
}

function depthsOf(
  plan: readonly PlanNode[],
  depth = 0,
  found = new Map<string, number>(),
): Map<string, number> {
  for (const node of plan) {
    if ('id' in node) found.set(node.id, depth);
    else if ('each' in node) depthsOf(node.do, depth + 1, found);
    else if ('together' in node) for (const side of node.together) depthsOf(side, depth, found);
    else {
      depthsOf(node.then, depth, found);
      depthsOf(node.else ?? [], depth, found);
    }
  }
  return found;
}

describe('a plan', () => {
  it('is carried out as an interpreter would, in any order that it allows, no step twice', () => {
    fc.assert(
      fc.property(shapes.some, fc.array(fc.nat(), { minLength: 1 }), (shape, choices) => {
        const plan = build(shape);
        const outcomes = new Map<string, Outcome>();
        const slots = new Map(
          Object.entries(resultOf('slots')).map(([key, value]) => [key, { value, label: USER }]),
        );
        const order: string[] = [];
        let now = unfold(plan, outcomes, slots, SYSTEM);
        while (!now.isDone) {
          expect(now.problem).toBeUndefined();
          expect(unfold(plan, new Map([...outcomes].reverse()), slots, SYSTEM)).toEqual(now);
          const step = now.ready[(choices[order.length % choices.length] ?? 0) % now.ready.length];
          if (!step) throw new Error('nothing is ready, and it is not done');
          expect(order).not.toContain(step.id);
          // While its outcome is open, it is not ready again, and the others still are.
          const open = unfold(plan, new Map(outcomes).set(step.id, { state: 'pending' }), slots, SYSTEM);
          expect(ids(open)).toEqual(ids(now).filter((id) => id !== step.id));
          order.push(step.id);
          outcomes.set(step.id, succeeded(resultOf(step.id)));
          now = unfold(plan, outcomes, slots, SYSTEM);
        }
        const { steps, before } = model(plan);
        expect([...order].sort()).toEqual([...steps].sort());
        for (const [earlier, later] of before) {
          const last = Math.max(-1, ...earlier.map((id) => order.indexOf(id)));
          for (const id of later) expect(order.indexOf(id)).toBeGreaterThan(last);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('goes through sequence, branches and rounds, whose steps see their own round first', () => {
    const plan = [
      call('find'),
      { together: [[call('a'), call('b')], [call('c')]] },
      loop(
        'ticket',
        from('find', '/tickets'),
        5,
        call('close', { id: from('round') }),
        call('note', { of: from('close') }),
      ),
      call('end', { first: from('close.1') }),
    ] as PlanNode[];
    const done: Record<string, Outcome> = {};
    const step = (id: string, value: unknown = id): Unfolded =>
      next(plan, Object.assign(done, { [id]: succeeded(value) }));
    expect(ids(next(plan))).toEqual(['find']);
    expect(ids(step('find', { tickets: ['T-1', 'T-2'] }))).toEqual(['a', 'c']);
    expect(ids(step('a'))).toEqual(['b', 'c']);
    expect(ids(step('c'))).toEqual(['b']);
    expect(ids(step('b'))).toEqual(['close.1']);
    expect(step('close.1').ready[0]?.values.get('close')?.value).toBe('close.1');
    const second = step('note.1').ready[0];
    expect(second).toMatchObject({ id: 'close.2', part: 2, control: { integrity: 'untrusted' } });
    expect(second?.values.get('round')).toMatchObject({ value: 'T-2', label: PEER });
    expect(second?.values.get('ticket')?.value).toBe('T-2');
    expect(step('close.2').ready[0]?.values.get('close')?.value).toBe('close.2');
    const end = step('note.2').ready[0];
    expect(end).toMatchObject({ id: 'end', part: 3, control: SYSTEM });
    expect(end?.values.has('round')).toBe(false);
    expect(step('end')).toEqual({ ready: [], isDone: true });
  });

  it('labels a step, and what it gave, with everything that decided that it runs', () => {
    const inner = loop('item', from('slots', '/list'), 3, {
      if: { value: from('find', '/flag'), is: 'equal', than: true },
      then: [call('act')],
    });
    const plan = [call('find'), inner, call('after', { of: from('act.1') })];
    const slots = { list: [1] };
    const act = next(plan, { find: succeeded({ flag: true }) }, slots).ready[0];
    expect(act?.control).toEqual(PEER);
    const find = succeeded({ flag: true });
    const after = next(plan, { find, 'act.1': succeeded('x', SYSTEM) }, slots).ready[0];
    expect(after).toMatchObject({ id: 'after', control: SYSTEM });
    expect(after?.values.get('act.1')?.label).toEqual(PEER);
    const guessed = unfold(
      [{ if: { value: from('slots', '/list'), is: 'present' }, then: [call('act')] }],
      new Map(),
      new Map([['list', { value: 1, label: USER }]]),
      PEER,
    );
    expect(guessed.ready[0]?.control).toEqual(PEER);
  });

  it.each<[string, PlanNode[], RegExp]>([
    ['refers to a step that is not there', [call('a', { x: from('b') })], /no result of b/],
    ['refers to a later step', [call('a', { x: from('b') }), call('b')], /no result of b/],
    ['refers to a place that is not there', [call('a', { x: from('slots', '/n/m') })], /needs slots\/n\/m/],
    ['refers to a round outside of a loop', [call('a', { x: from('round') })], /no result of round/],
    [
      'refers to a branch beside it',
      [{ together: [[call('a')], [call('b', { x: from('a') })]] }],
      /no result of a/,
    ],
    ['goes over what is no list', [loop('l', from('slots', '/n'), 3, call('a'))], /is no list/],
    ['goes over more than it may', [loop('l', from('slots', '/list'), 1, call('a'))], /over 3 elements; 1/],
    ['has one name twice', [call('a'), loop('a', from('slots', '/list'), 3, call('b'))], /are called a/],
    ['takes a name that means something else', [call('slots')], /cannot be called slots/],
    [
      'compares what has no order',
      [{ if: { value: from('slots', '/n'), is: 'less', than: 'x' }, then: [call('a')] }],
      /no order/,
    ],
    [
      'compares with nothing',
      [{ if: { value: from('slots', '/n'), is: 'equal' }, then: [call('a')] }],
      /nothing to compare/,
    ],
    [
      'looks into what contains nothing',
      [{ if: { value: from('slots', '/n'), is: 'contains', than: 1 }, then: [call('a')] }],
      /neither a text nor a list/,
    ],
  ])('law-3: one that %s has a problem, and nothing is ready', (_, plan, problem) => {
    const found = next(plan, {}, { n: 4, list: [1, 2, 3] });
    expect(found).toMatchObject({ ready: [], isDone: false });
    expect(found.problem).toMatch(problem);
  });

  it('ends where a step failed, also while others of it could go on', () => {
    const plan: PlanNode[] = [{ together: [[call('a')], [call('b')]] }];
    expect(next(plan, { b: { state: 'failed' } })).toEqual({
      ready: [],
      isDone: false,
      problem: 'The step b failed.',
    });
  });

  it.each<[Condition['is'], unknown, unknown, boolean]>([
    ['equal', 0, 0, true],
    ['equal', '0', 0, false],
    ['equal', null, null, true],
    ['unequal', [], 'x', true],
    ['present', false, undefined, true],
    ['present', null, undefined, false],
    ['absent', undefined, undefined, true],
    ['absent', 0, undefined, false],
    ['less', 2, 10, true],
    ['less', '2026-02-01', '2026-10-01', true],
    ['greater', 2, 2, false],
    ['contains', ['a', 'b'], 'b', true],
    ['contains', 'abc', 'bc', true],
    ['contains', ['a'], 'ab', false],
  ])('finds that %s of %j and %j is %j', (is, value, than, expected) => {
    const test = { value: from('slots', '/v'), is, ...(than === undefined ? {} : { than }) } as Condition;
    const found = next(
      [{ if: test, then: [call('yes')], else: [call('no')] }],
      {},
      value === undefined ? {} : { v: value },
    );
    expect(found.problem).toBeUndefined();
    expect(ids(found)).toEqual([expected ? 'yes' : 'no']);
  });

  it('is refused for its size or depth before anything of it is looked at', () => {
    const many = Array.from({ length: 100_000 }, (_, index) => call(`s${index}`));
    expect(next(many).problem).toMatch(/more than 1000 parts/);
    const deep = many.reduce<PlanNode>(
      (inner, _, index) => loop(`l${index}`, from('slots'), 1, inner),
      call('a'),
    );
    expect(next([deep]).problem).toMatch(/nested deeper/);
    const wide = loop('x', from('slots'), 100, loop('y', from('slots'), 100, call('a')));
    expect(next([wide]).problem).toMatch(/more than 1000 steps/);
    expect(next([{ together: [many, many] }]).problem).toMatch(/more than 1000 parts/);
  });
});
