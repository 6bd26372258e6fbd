import type {
  PlanNode,
  PlannedCall,
  PlannedLoop,
  PlannedQuestion,
  PreviewStep,
  Reference,
} from '@belay/contracts';
import { valueAt } from '../../contracts/schema-at.js';
import { slotsAsOne } from '../../plans/unfold.js';
import { labelIn, type Labelled, SYSTEM } from '../labels.js';
import type { Work } from '../work.js';

/** Where in a plan a part of it stands. */
export interface Place {
  readonly within: PreviewStep['within'];
  readonly loops: PreviewStep['loops'];
  /** What each of its rounds sees as elements of the loops around it; null where that is not known yet. */
  readonly rounds: readonly Values[] | null;
}

/** A call or a question of a plan, where it stands. */
export interface Placed<Node = PlannedCall | PlannedQuestion> extends Place {
  readonly node: Node;
}

export type Values = ReadonlyMap<string, Labelled>;
type ListsOf = (over: Reference) => Labelled | undefined;

/** The lists that are known before anything happens: those of the playbook. */
function listsOf({ slots }: Work): ListsOf {
  const all = slotsAsOne(slots);
  return ({ $from, at }) =>
    $from === 'slots' ? { value: valueAt(all.value, at), label: labelIn(all, at) } : undefined;
}

/** The calls and questions of a run's plan in their order, each with what it stands in. */
export function placeCalls(work: Work): Placed[] {
  return flatten(work.nodes, { within: null, loops: [], rounds: [new Map()] }, listsOf(work));
}

function flatten(nodes: readonly PlanNode[], place: Place, listOf: ListsOf): Placed[] {
  return nodes.flatMap((node) => {
    if ('if' in node) {
      const inside = { ...place, within: place.within ?? ({ kind: 'if', most: 1 } as const) };
      return [...flatten(node.then, inside, listOf), ...flatten(node.else ?? [], inside, listOf)];
    }
    if ('each' in node) return flatten(node.do, inLoop(node, place, listOf), listOf);
    if ('together' in node) return node.together.flatMap((branch) => flatten(branch, place, listOf));
    return [{ node, ...place }];
  });
}

function inLoop({ each: { id, over, most } }: PlannedLoop, place: Place, listOf: ListsOf): Place {
  const { value, label } = listOf(over) ?? { value: undefined, label: SYSTEM };
  const list: readonly unknown[] | null = Array.isArray(value) ? value.slice(0, most) : null;
  const rounds =
    place.rounds && list
      ? place.rounds.flatMap((values) =>
          list.map(
            (one) =>
              new Map([...values, ...['round', id].map((name) => [name, { value: one, label }] as const)]),
          ),
        )
      : null;
  const around = place.within?.kind === 'each' ? place.within.most : 1;
  return {
    within: { kind: 'each', most: around * (list?.length ?? most) },
    loops: [...place.loops, { id, over }],
    rounds,
  };
}
