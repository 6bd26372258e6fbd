import type {
  Condition,
  PlannedBranches,
  PlannedCall,
  PlannedChoice,
  PlannedLoop,
  PlannedQuestion,
  PlanNode,
  Playbook,
  Reference,
  Slot,
} from '@belay/contracts';
import type { FindContract } from '../contracts/finding.js';
import type { JsonSchema } from '../contracts/json-schema.js';
import { schemaAt } from '../contracts/schema-at.js';

/** What is known of a value before anything has happened. */
export interface KnownValue {
  readonly schema: JsonSchema;
  /** Whether it comes from text that a tool gave. */
  readonly isUntrusted: boolean;
}

/** A step with what it sees, and whether text of tools decides that it runs. */
export interface SeenStep {
  readonly node: PlannedCall | PlannedQuestion;
  readonly values: ReadonlyMap<string, KnownValue>;
  readonly isDecidedByTools: boolean;
  readonly isRepeated: boolean;
  /** The conditions that it stands under, and on which side. */
  readonly branch: readonly (readonly [choice: Condition, side: number])[];
}

/** A value that a step, a condition or a loop names. */
export interface SeenReference {
  readonly reference: Reference;
  readonly by: string;
  readonly found: KnownValue | undefined;
  readonly use: 'condition' | 'loop';
  readonly condition?: Condition;
}

/** What of a playbook's plan a check walks over, in the order of the plan. */
export interface SeenPlan {
  readonly steps: readonly SeenStep[];
  readonly references: readonly SeenReference[];
}

const ANY: JsonSchema = {};
const QUESTIONS: Readonly<Record<PlannedQuestion['type'], JsonSchema>> = {
  text: { type: 'string' },
  number: { type: 'number' },
  'yes-no': { type: 'boolean' },
  choice: { type: 'string' },
};

/** The JSON Schema of what a slot holds. */
export function schemaOfSlot({ type, choices }: Slot): JsonSchema {
  if (type === 'number') return { type: 'number' };
  if (type === 'yes-no') return { type: 'boolean' };
  return type === 'choice' ? { type: 'string', enum: choices ?? [] } : { type: 'string' };
}

/** Walks over a plan with the types of all that its references may name. */
export function seePlan({ steps, slots, lists }: Playbook, find: FindContract): SeenPlan {
  const walk = new TypeWalk(find);
  const properties = {
    ...Object.fromEntries(Object.entries(slots).map(([name, slot]) => [name, schemaOfSlot(slot)])),
    ...Object.fromEntries(
      Object.entries(lists).map(([name, list]) => [name, { type: 'array', items: { type: typeof list[0] } }]),
    ),
  };
  const values = new Map([['slots', { schema: { type: 'object', properties }, isUntrusted: false }]]);
  walk.sequence(steps, { values, isDecidedByTools: false, isRepeated: false, branch: [] });
  return walk;
}

/** The part of a known value at a place; undefined where its schema has nothing there. */
export function knownAt(
  values: ReadonlyMap<string, KnownValue>,
  { $from, at }: Reference,
): KnownValue | undefined {
  const source = values.get($from);
  const schema = source && (Object.keys(source.schema).length === 0 ? ANY : schemaAt(source.schema, at));
  return source && schema && { ...source, schema };
}

interface Scope {
  readonly values: Map<string, KnownValue>;
  readonly isDecidedByTools: boolean;
  readonly isRepeated: boolean;
  readonly branch: SeenStep['branch'];
}

class TypeWalk implements SeenPlan {
  readonly steps: SeenStep[] = [];
  readonly references: SeenReference[] = [];

  constructor(private readonly find: FindContract) {}

  sequence(nodes: readonly PlanNode[], scope: Scope): void {
    for (const node of nodes) this.node(node, scope);
  }

  private node(node: PlanNode, scope: Scope): void {
    if ('id' in node) this.step(node, scope);
    else if ('together' in node) this.branches(node, scope);
    else if ('if' in node) this.choice(node, scope);
    else this.loop(node, scope);
  }

  private branches({ together }: PlannedBranches, scope: Scope): void {
    const sides = together.map((nodes) => {
      const values = new Map(scope.values);
      this.sequence(nodes, { ...scope, values });
      return values;
    });
    for (const side of sides) for (const [name, value] of side) scope.values.set(name, value);
  }

  // What may not have happened is not there afterwards.
  private choice({ if: condition, then, else: otherwise = [] }: PlannedChoice, scope: Scope): void {
    const found = this.refer(condition.value, 'if', scope, 'condition', condition);
    const isDecidedByTools = scope.isDecidedByTools || found?.isUntrusted === true;
    [then, otherwise].forEach((nodes, side) => {
      const branch = [...scope.branch, [condition, side] as const];
      this.sequence(nodes, { ...scope, values: new Map(scope.values), isDecidedByTools, branch });
    });
  }

  private loop({ each: { id, over }, do: nodes }: PlannedLoop, scope: Scope): void {
    const found = this.refer(over, id, scope, 'loop');
    const isUntrusted = found?.isUntrusted === true;
    const round = { schema: (found && schemaAt(found.schema, '/0')) ?? ANY, isUntrusted };
    const values = new Map(scope.values).set('round', round).set(id, round);
    const isDecidedByTools = scope.isDecidedByTools || isUntrusted;
    this.sequence(nodes, { ...scope, values, isDecidedByTools, isRepeated: true });
  }

  private step(node: PlannedCall | PlannedQuestion, { values, ...scope }: Scope): void {
    this.steps.push({ node, values: new Map(values), ...scope });
    const isCall = 'contract' in node;
    const schema = isCall ? (this.find(node.contract)?.output.schema ?? ANY) : QUESTIONS[node.type];
    values.set(node.id, { schema, isUntrusted: isCall });
  }

  private refer(
    reference: Reference,
    by: string,
    { values }: Scope,
    use: SeenReference['use'],
    condition?: Condition,
  ): KnownValue | undefined {
    const found = knownAt(values, reference);
    this.references.push({ reference, by, found, use, ...(condition ? { condition } : {}) });
    return found;
  }
}
