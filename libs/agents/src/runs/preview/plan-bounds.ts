import type { PlanBounds, PreviewStep } from '@belay/contracts';

/** What the calls of a plan come to at most, whether they are shown or not. */
export function boundsOf(all: readonly PreviewStep[], shown: number): PlanBounds {
  const acting = all.filter(({ effect }) => effect !== null && effect !== 'read');
  const blast = new Map<string, number>();
  for (const step of acting) {
    if (!step.blast) continue;
    const { resource, items } = step.blast;
    blast.set(resource, (blast.get(resource) ?? 0) + items * timesOf(step));
  }
  return {
    notShown: Math.max(0, all.length - shown),
    effects: acting.length,
    withoutWayBack: acting.filter(({ wayBack }) => wayBack === null).length,
    unsureWayBack: acting.filter(({ wayBack, isBackSure }) => wayBack !== null && !isBackSure).length,
    cost: all.reduce((sum, step) => sum + step.cost * timesOf(step), 0),
    approval:
      (['always', 'perhaps', 'never'] as const).find((one) => all.some(({ approval }) => approval === one)) ??
      'never',
    blast: [...blast].map(([resource, items]) => ({ resource, items })),
  };
}

const timesOf = ({ within }: PreviewStep): number => within?.most ?? 1;
