import type { Condition, PlanNode, RunState } from '@belay/contracts';
import fc from 'fast-check';
import { type Outcome, type ReadyStep, unfold } from '../../plans/unfold.js';
import { type Label, SYSTEM } from '../labels.js';

/** What becomes of one attempt of a call; where nothing is said, it is done and answered. */
export const FATES = ['refused', 'invalid', 'lost', 'done-and-lost', 'not-sent', 'drift'] as const;
export type Fate = (typeof FATES)[number];

/** Makes by a server that knows its key, by one that can only be asked, and for good. */
export const TOOLS = ['k', 'p', 'i'] as const;
export type Tool = (typeof TOOLS)[number];

/** The shape of a plan without names; `pick` chooses what of before it depends on. */
export type Shape =
  | { kind: 'make'; tool: Tool; fates: Fate[] }
  | { kind: 'find'; count: number }
  | { kind: 'ask'; says: boolean }
  | { kind: 'if'; pick: number; then: Shape[]; else: Shape[] }
  | { kind: 'each'; pick: number; do: Shape[] }
  | { kind: 'together'; sides: Shape[][] };

export function shapesOf(tools: readonly Tool[], fates: fc.Arbitrary<Fate[]>): fc.Arbitrary<Shape[]> {
  const { some } = fc.letrec<{ one: Shape; some: Shape[] }>((tie) => ({
    one: fc.oneof(
      { maxDepth: 2, depthSize: 'small', withCrossShrink: true },
      fc.record({
        kind: fc.constant('make' as const),
        tool: fc.constantFrom(...tools),
        fates,
      }),
      fc.record({ kind: fc.constant('find' as const), count: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ kind: fc.constant('ask' as const), says: fc.boolean() }),
      fc.record({ kind: fc.constant('if' as const), pick: fc.nat(), then: tie('some'), else: tie('some') }),
      fc.record({ kind: fc.constant('each' as const), pick: fc.nat(), do: tie('some') }),
      fc.record({
        kind: fc.constant('together' as const),
        sides: fc.array(tie('some'), { minLength: 2, maxLength: 2 }),
      }),
    ),
    some: fc.array(tie('one'), { minLength: 1, maxLength: 2 }),
  }));
  return fc.array(some, { minLength: 1, maxLength: 2 }).map((parts) => parts.flat());
}

/** A plan, and what is to become of each of its steps by the name that stands in it. */
export interface Script {
  readonly nodes: readonly PlanNode[];
  readonly fates: ReadonlyMap<string, readonly Fate[]>;
  readonly found: ReadonlyMap<string, number>;
  readonly answers: ReadonlyMap<string, boolean>;
}

interface Scope {
  readonly known: string[];
  /** The loop that a node stands in: what its things are called comes from there. */
  readonly loop: string | undefined;
}

/** A plan of a shape. What has nothing before it to depend on stands there by itself. */
export function build(shape: readonly Shape[], tag: string): Script {
  const builder = new Builder(tag);
  const nodes = builder.some(shape, { known: [], loop: undefined });
  return { nodes, fates: builder.fates, found: builder.found, answers: builder.answers };
}

type Of<Kind extends Shape['kind']> = Extract<Shape, { kind: Kind }>;
const inside = ({ known, loop }: Scope): Scope => ({ known: [...known], loop });

class Builder {
  readonly fates = new Map<string, readonly Fate[]>();
  readonly found = new Map<string, number>();
  readonly answers = new Map<string, boolean>();
  private count = 0;

  constructor(private readonly tag: string) {}

  some(list: readonly Shape[], scope: Scope): PlanNode[] {
    return list.flatMap((one) => this.node(one, scope));
  }

  private node(one: Shape, scope: Scope): PlanNode[] {
    if (one.kind === 'make') return [this.make(one, scope)];
    if (one.kind === 'find') return [this.find(one, scope)];
    if (one.kind === 'ask') return [this.ask(one, scope)];
    if (one.kind === 'together')
      return [{ together: one.sides.map((side) => this.some(side, inside(scope))) }];
    return one.kind === 'each' ? this.loop(one, scope) : this.choice(one, scope);
  }

  private make({ tool, fates }: Of<'make'>, { loop }: Scope): PlanNode {
    const id = this.name('m');
    this.fates.set(id, fates);
    // Two things of one name are told apart by a key, and by nothing else.
    const of = tool === 'p' && loop !== undefined ? 'k' : tool;
    const label = loop === undefined ? `${this.tag}-${id}` : { $from: loop, at: '/label' };
    return { id, contract: `${of}.make@^1`, arguments: { label } };
  }

  private find({ count }: Of<'find'>, { known }: Scope): PlanNode {
    const id = this.name('f');
    this.found.set(id, count);
    known.push(id);
    return { id, contract: 'k.find@^1', arguments: { label: `${this.tag}-${id}` } };
  }

  private ask({ says }: Of<'ask'>, { known }: Scope): PlanNode {
    const id = this.name('q');
    this.answers.set(id, says);
    known.push(id);
    return { id, ask: 'Go on?', type: 'yes-no' };
  }

  private loop({ pick, do: nodes }: Of<'each'>, scope: Scope): PlanNode[] {
    const over = pickOf(scope, 'f', pick);
    if (over === undefined || scope.loop !== undefined) return this.some(nodes, scope);
    const id = this.name('l');
    const each = { id, over: { $from: over, at: '/things' }, most: 3 };
    return [{ each, do: this.some(nodes, { known: [...scope.known], loop: id }) }];
  }

  private choice({ pick, ...of }: Of<'if'>, scope: Scope): PlanNode[] {
    const by = pickOf(scope, 'fq', pick);
    if (by === undefined) return this.some(of.then, scope);
    const test: Condition = by.startsWith('f')
      ? { value: { $from: by, at: '/things/0' }, is: 'present' }
      : { value: { $from: by, at: '' }, is: 'equal', than: true };
    return [{ if: test, then: this.some(of.then, inside(scope)), else: this.some(of.else, inside(scope)) }];
  }

  private name(letter: string): string {
    this.count += 1;
    return `${letter}${this.count}`;
  }
}

function pickOf({ known }: Scope, letters: string, pick: number): string | undefined {
  const fitting = known.filter((id) => letters.includes(id.charAt(0)));
  return fitting[pick % Math.max(1, fitting.length)];
}

/** The name of a step as its plan has it. */
export const nameOf = (step: string): string => step.split('.', 1)[0] ?? step;

/** Whether a step is not allowed, by whoever is asked in these tests. */
export const isDenied = (step: string, deny: number): boolean =>
  deny > 0 && [...step].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 5 < deny;

export const thingsOf = (label: string, count: number): { id: string; label: string; revision: number }[] =>
  Array.from({ length: count }, (_, at) => ({ id: `${label}-${at}`, label: `${label}-${at}`, revision: 1 }));

const OF_PERSON: Label = { ...SYSTEM, integrity: 'user' };
const OF_SERVER: Label = { ...SYSTEM, integrity: 'untrusted' };
type Taken = 'denied' | 'failed' | 'waits' | 'goes on';
type Predicted = { readonly state: RunState; readonly done: readonly string[] };

/**
 * How a run of a script ends in which each call is done or refused: turn by turn, what can go on goes on; when nothing
 * can, everybody who is asked answers. This is all that a run is, without rows, leases and time.
 */
export function predict(script: Script, deny: number): Predicted {
  const model = new Model(script, deny);
  for (;;) {
    const state = model.turn();
    if (state !== undefined) return { state, done: model.done };
  }
}

class Model {
  readonly done: string[] = [];
  private readonly outcomes = new Map<string, Outcome>();
  private readonly held = new Set<string>();
  private readonly decided = new Set<string>();

  constructor(
    private readonly script: Script,
    private readonly deny: number,
  ) {}

  /** How the run ends with this turn, if it does. */
  turn(): RunState | undefined {
    const { ready, isDone, problem } = unfold(this.script.nodes, this.outcomes, new Map(), OF_PERSON);
    if (problem !== undefined) return 'failed';
    if (isDone) return 'completed';
    const taken = ready.map((step) => this.take(step));
    const ending = (['denied', 'failed'] as const).find((one) => taken.includes(one));
    if (taken.every((one) => one === 'waits')) for (const id of this.held) this.decided.add(id);
    return ending;
  }

  private take({ id, node, control }: ReadyStep): Taken {
    if ('contract' in node && node.contract.startsWith('k.find')) {
      const things = thingsOf(String(node.arguments['label']), this.script.found.get(nameOf(id)) ?? 0);
      return this.succeed(id, { things }, OF_SERVER);
    }
    const isHeld = 'ask' in node || node.contract.startsWith('i.') || control.integrity === 'untrusted';
    if (isHeld && !this.decided.has(id)) {
      this.held.add(id);
      return 'waits';
    }
    if ('ask' in node) return this.succeed(id, this.script.answers.get(nameOf(id)), OF_PERSON);
    return this.make(id, isHeld);
  }

  private make(id: string, isHeld: boolean): Taken {
    if (isHeld && isDenied(id, this.deny)) return 'denied';
    if (this.script.fates.get(nameOf(id))?.[0] === 'refused') return 'failed';
    this.done.push(id);
    return this.succeed(id, { id, label: id, revision: 1 }, OF_SERVER);
  }

  private succeed(id: string, value: unknown, label: Label): 'goes on' {
    this.outcomes.set(id, { state: 'succeeded', value, label });
    return 'goes on';
  }
}
