import type { AccessView, Explanation, Readers } from '@belay/contracts';
import { formatPrincipal } from '@belay/identity';
import { decide, inheritedFrom } from './decide.js';
import type { LoadedGraph } from './permission-graph.repository.js';

type Shown = Pick<Explanation, 'displayName' | 'readable' | 'reason' | 'steps'>;
type Reason = Pick<Readers['readers'][number], 'because' | 'grant'>;

/** The grants that count for a scope. @param ownNode whether it is that of what is asked about, or of what is around it */
export function grantViews(graph: LoadedGraph, target: number, ownNode: boolean): AccessView['grants'] {
  const now = new Date();
  return inheritedFrom(graph, target).flatMap((scope) =>
    (graph.grants.get(scope) ?? []).map((grant) => ({
      principal: nameOf(graph, grant.principal),
      displayName: graph.names.get(grant.principal)?.displayName ?? '',
      effect: grant.effect,
      expires: grant.expires?.toISOString() ?? null,
      on: graph.places.get(scope) ?? '',
      inherited: !ownNode || scope !== target,
      expired: grant.expires !== null && grant.expires <= now,
    })),
  );
}

/**
 * Why a person may or may not read what stands on a scope, step by step.
 * @param ownNode whether the scope is that of what is asked about, or of what is around it
 */
export function explained(graph: LoadedGraph, person: number, scope: number, ownNode: boolean): Shown {
  const { readable, steps } = decide(graph, person, scope, new Date());
  const views = steps.map((step) => ({
    principal: nameOf(graph, step.principal),
    displayName: titleOf(graph, step.principal),
    via: step.via.map((id) => nameOf(graph, id)),
    viaNames: step.via.map((id) => titleOf(graph, id)),
    effect: step.effect,
    on: graph.places.get(step.scope) ?? '',
    inherited: !ownNode || step.scope !== scope,
    counts: step.counts,
  }));
  const cause = views.find((step) => step.counts && step.effect === (readable ? 'allow' : 'deny'));
  const reason = cause ? because(cause) : 'no grant that counts names this person or anything they belong to';
  return { displayName: titleOf(graph, person), readable, reason, steps: views };
}

/** The grant that lets somebody read who may. */
export function reasonOf(graph: LoadedGraph, person: number, scope: number, ownNode: boolean): Reason {
  const { steps } = decide(graph, person, scope, new Date());
  const step = steps.find((entry) => entry.counts && entry.effect === 'allow');
  const named = step && graph.names.get(step.principal);
  if (!named) return { because: 'a grant that ended just now', grant: null };
  const principal = formatPrincipal(named);
  const on = graph.places.get(step.scope) ?? '';
  return {
    because: because({ principal, effect: 'allow', on }),
    grant: { principal, displayName: named.displayName, on, inherited: !ownNode || step.scope !== scope },
  };
}

const titleOf = (graph: LoadedGraph, id: number): string =>
  graph.names.get(id)?.displayName ?? nameOf(graph, id);

const nameOf = (graph: LoadedGraph, id: number): string =>
  formatPrincipal(graph.names.get(id) ?? { kind: 'person', name: 'unknown' });

const because = (step: { principal: string; effect: string; on: string }): string =>
  `${step.effect} for ${step.principal} on ${step.on}`;
