import type { PlanNode, Playbook } from '@belay/contracts';
import { partsOf } from '../plans/bound-plan.js';

/** The contracts that a playbook may call, as ranges. */
export function contractsOf({ steps }: Playbook): string[] {
  const of = (nodes: readonly PlanNode[]): string[] =>
    nodes.flatMap((node) => ('contract' in node ? [node.contract] : partsOf(node).flatMap(of)));
  return [...new Set(of(steps))];
}
