import type { PlanNode } from '@belay/contracts';

/** Calls and questions of a plan at most, each round of each loop counted as often as it may happen. */
const MOST_STEPS = 1000;
const MOST_NODES = 1000;
const MOST_DEPTH = 12;
const RESERVED = new Set(['slots', 'round']);

/** A part of a plan with how deep it lies and how often it may happen. */
interface Place {
  readonly node: PlanNode;
  readonly depth: number;
  readonly times: number;
}

/**
 * What keeps a plan from being looked at any further, in words: its size at worst, its depth, or names that stand for
 * two things. Stops at the first, without recursion, so that a plan of any size costs little.
 */
export function problemOf(nodes: readonly PlanNode[]): string | undefined {
  const open: Place[] = nodes.slice(0, MOST_NODES + 1).map((node) => ({ node, depth: 1, times: 1 }));
  const names = new Set<string>();
  let parts = 0;
  let steps = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth, times } = next;
    parts += 1;
    if ('id' in node) steps += times;
    if (parts + open.length > MOST_NODES) return `The plan has more than ${MOST_NODES} parts.`;
    if (steps > MOST_STEPS) return `The plan could come to more than ${MOST_STEPS} steps.`;
    if (depth > MOST_DEPTH) return `The plan is nested deeper than ${MOST_DEPTH} levels.`;
    const problem = takeName(node, names);
    if (problem !== undefined) return problem;
    const rounds = 'each' in node ? times * node.each.most : times;
    for (const part of partsOf(node))
      for (const child of part.slice(0, MOST_NODES + 1))
        open.push({ node: child, depth: depth + 1, times: rounds });
  }
  return undefined;
}

/** The sequences that a part of a plan consists of. */
export function partsOf(node: PlanNode): readonly (readonly PlanNode[])[] {
  if ('together' in node) return node.together;
  if ('each' in node) return [node.do];
  if ('if' in node) return node.else ? [node.then, node.else] : [node.then];
  return [];
}

function takeName(node: PlanNode, names: Set<string>): string | undefined {
  const name = 'id' in node ? node.id : 'each' in node ? node.each.id : undefined;
  if (name === undefined) return undefined;
  if (RESERVED.has(name)) return `A step cannot be called ${name}: that name stands for something else.`;
  if (names.has(name)) return `Two parts of the plan are called ${name}.`;
  names.add(name);
  return undefined;
}
