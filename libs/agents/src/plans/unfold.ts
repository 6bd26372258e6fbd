import type {
  Condition,
  PlannedBranches,
  PlannedCall,
  PlannedChoice,
  PlannedLoop,
  PlannedQuestion,
  PlanNode,
  Reference,
} from '@belay/contracts';
import { valueAt } from '../contracts/schema-at.js';
import { join, type Label, labelIn, type Labelled, SYSTEM } from '../runs/labels.js';
import { problemOf } from './bound-plan.js';
import { decideCondition, PlanProblem } from './decide-condition.js';
import { referencesIn } from './references-in.js';

/** How a step ended; only what succeeded has a value. */
export type Outcome = ({ readonly state: 'succeeded' } & Labelled) | { readonly state: 'pending' | 'failed' };

/** A step whose turn it is. */
export interface ReadyStep {
  readonly id: string;
  readonly node: PlannedCall | PlannedQuestion;
  /** What its references may name. */
  readonly values: ReadonlyMap<string, Labelled>;
  /** The label of everything that decided that it runs. */
  readonly control: Label;
  /** The part of the plan, counted from 0, that it belongs to. */
  readonly part: number;
}

/** What of a plan comes next. `problem` says why it cannot go on. */
export interface Unfolded {
  readonly ready: readonly ReadyStep[];
  readonly isDone: boolean;
  readonly problem?: string;
}

/**
 * What of a plan comes next after what happened so far, always the same for the same. Nodes follow one another, and
 * branches go side by side. The rounds of a loop follow one another, too: their steps are called ID.1, ID.2, …, see the
 * element as `round` or by the loop's name, and each other's results within the round by ID. A step with an outcome is
 * never ready again; one that failed ends the plan. `literal` labels what whoever made the plan wrote into conditions.
 */
export function unfold(
  nodes: readonly PlanNode[],
  outcomes: ReadonlyMap<string, Outcome>,
  slots: ReadonlyMap<string, Labelled>,
  literal: Label,
): Unfolded {
  const tooMuch = problemOf(nodes);
  if (tooMuch !== undefined) return { ready: [], isDone: false, problem: tooMuch };
  const walk = new Walk(outcomes, literal);
  const values = new Map([['slots', slotsAsOne(slots)]]);
  try {
    const isDone = nodes.every((node, part) =>
      walk.node(node, { values, control: SYSTEM, suffix: '', part }),
    );
    return { ready: walk.ready, isDone };
  } catch (problem) {
    if (problem instanceof PlanProblem) return { ready: [], isDone: false, problem: problem.message };
    throw problem;
  }
}

/** All slots as one value, because references name one by its place, `/NAME`; each keeps its own label. */
export function slotsAsOne(slots: ReadonlyMap<string, Labelled>): Labelled {
  return {
    value: Object.fromEntries([...slots].map(([name, { value }]) => [name, value])),
    label: [...slots.values()].reduce((all, { label }) => join(all, label), SYSTEM),
    members: new Map([...slots].map(([name, { label }]) => [name, label])),
  };
}

/** Where in a plan a node stands: what it sees, and what decided that it is reached. */
interface Scope {
  readonly values: Map<string, Labelled>;
  readonly control: Label;
  readonly suffix: string;
  readonly part: number;
}

class Walk {
  readonly ready: ReadyStep[] = [];

  constructor(
    private readonly outcomes: ReadonlyMap<string, Outcome>,
    private readonly literal: Label,
  ) {}

  /** Whether a node is over, so that the one after it may begin. */
  node(node: PlanNode, scope: Scope): boolean {
    if ('id' in node) return this.step(node, scope);
    if ('if' in node) return this.choice(node, scope);
    if ('each' in node) return this.loop(node, scope);
    return this.branches(node, scope);
  }

  private step(node: PlannedCall | PlannedQuestion, scope: Scope): boolean {
    const { values, control, suffix, part } = scope;
    const id = `${node.id}${suffix}`;
    const outcome = this.outcomes.get(id);
    if (outcome?.state === 'failed') throw new PlanProblem(`The step ${id} failed.`);
    if (outcome?.state === 'succeeded') {
      // That there is a value at all says how it was decided that its step runs.
      const value = { value: outcome.value, label: join(outcome.label, control) };
      values.set(node.id, value).set(id, value);
      return true;
    }
    if (!outcome) {
      if ('contract' in node) checkArguments(id, node, values);
      this.ready.push({ id, node, values: new Map(values), control, part });
    }
    return false;
  }

  private choice({ if: condition, then, else: otherwise = [] }: PlannedChoice, scope: Scope): boolean {
    const { isMet, label } = this.decide(condition, scope.values);
    const inside = { ...scope, control: join(scope.control, label) };
    return (isMet ? then : otherwise).every((node) => this.node(node, inside));
  }

  private decide(condition: Condition, values: Scope['values']): { isMet: boolean; label: Label } {
    const { value, label } = lookUp(condition.value, values);
    return { isMet: decideCondition(condition, value), label: join(label, this.literal) };
  }

  private loop({ each: { id, over, most }, do: nodes }: PlannedLoop, scope: Scope): boolean {
    const { value: list, label } = lookUp(over, scope.values);
    if (!Array.isArray(list))
      throw new PlanProblem(`The loop ${id} goes over ${placeOf(over)}, which is no list.`);
    if (list.length > most)
      throw new PlanProblem(`The loop ${id} would go over ${list.length} elements; ${most} are allowed.`);
    const control = join(scope.control, label);
    return list.every((value, index) => {
      const round = { value, label: join(label, scope.control) };
      const values = new Map(scope.values).set('round', round).set(id, round);
      const inside = { ...scope, values, control, suffix: `${scope.suffix}.${index + 1}` };
      if (!nodes.every((node) => this.node(node, inside))) return false;
      // Afterwards, the results of a round have their full names alone.
      for (const [name, result] of values) if (name.includes('.')) scope.values.set(name, result);
      return true;
    });
  }

  private branches({ together }: PlannedBranches, scope: Scope): boolean {
    const sides = together.map((nodes) => {
      const values = new Map(scope.values);
      return { values, isDone: nodes.every((node) => this.node(node, { ...scope, values })) };
    });
    for (const { values } of sides) for (const [name, value] of values) scope.values.set(name, value);
    return sides.every(({ isDone }) => isDone);
  }
}

function checkArguments(id: string, { arguments: template }: PlannedCall, values: Scope['values']): void {
  const found = referencesIn(template);
  if (!found) throw new PlanProblem(`The arguments of the step ${id} are too large.`);
  for (const { reference } of found) {
    if (lookUp(reference, values).value === undefined)
      throw new PlanProblem(`The step ${id} needs ${placeOf(reference)}, and there is nothing.`);
  }
}

const placeOf = ({ $from, at }: Reference): string => `${$from}${at}`;

function lookUp({ $from, at }: Reference, values: Scope['values']): Labelled {
  const source = values.get($from);
  if (!source) throw new PlanProblem(`There is no result of ${$from} here.`);
  return { value: valueAt(source.value, at), label: labelIn(source, at) };
}
