/** Everything that a decision depends on, as plain data: the in-memory counterpart of `readable_scopes()`. */
export interface PermissionGraph {
  readonly people: ReadonlyMap<number, { active: boolean }>;
  /** Containers (groups, roles, everyone) that a principal is directly a member of. */
  readonly containers: ReadonlyMap<number, readonly number[]>;
  readonly scopes: ReadonlyMap<number, { parent: number | null; inherits: boolean }>;
  readonly grants: ReadonlyMap<number, readonly Grant[]>;
}
interface Grant {
  readonly principal: number;
  readonly effect: 'allow' | 'deny';
  readonly expires: Date | null;
}

/** One grant that names the person or something they belong to; `via` leads from the person to it. */
export interface DecisionStep extends Grant {
  readonly scope: number;
  readonly via: readonly number[];
  readonly counts: boolean;
}
export interface Decision {
  readonly readable: boolean;
  readonly steps: readonly DecisionStep[];
}

/**
 * Decides by walking: up the scopes while they inherit, up the memberships of the person. Written apart from
 * the SQL on purpose, so that each checks the other.
 */
export function decide(graph: PermissionGraph, person: number, scope: number, now: Date): Decision {
  if (!graph.people.get(person)?.active) return { readable: false, steps: [] };
  const paths = membershipPaths(graph, person);
  const steps: DecisionStep[] = [];
  for (const node of inheritedFrom(graph, scope)) {
    for (const grant of graph.grants.get(node) ?? []) {
      const via = paths.get(grant.principal);
      if (!via) continue;
      steps.push({ ...grant, scope: node, via, counts: grant.expires === null || grant.expires > now });
    }
  }
  const live = steps.filter((step) => step.counts);
  const denied = live.some((step) => step.effect === 'deny');
  return { readable: !denied && live.some((step) => step.effect === 'allow'), steps };
}

function membershipPaths(graph: PermissionGraph, person: number): Map<number, number[]> {
  const paths = new Map<number, number[]>([[person, []]]);
  const queue = [person];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const container of graph.containers.get(at) ?? []) {
      if (paths.has(container)) continue;
      paths.set(container, [...(paths.get(at) ?? []), container]);
      queue.push(container);
    }
  }
  return paths;
}

/** The scopes whose grants count for `scope`: itself and upwards while they inherit. */
export function inheritedFrom(graph: Pick<PermissionGraph, 'scopes'>, scope: number): number[] {
  const chain: number[] = [];
  for (let at: number | null = scope; at !== null;) {
    const node = graph.scopes.get(at);
    if (!node) break;
    chain.push(at);
    at = node.inherits ? node.parent : null;
  }
  return chain;
}
