import { ONLY_IF_THERE, type PlanBounds, type PreviewStep, type Run, type RunStep } from '@belay/contracts';

/** A preview in sentences. */
export function saySummary(bounds: PlanBounds, budget: number): string {
  const { effects, cost, approval, notShown } = bounds;
  const changes =
    effects === 0
      ? 'Nothing is changed: it only reads.'
      : `${effects} ${effects === 1 ? 'step changes' : 'steps change'} something. ${sayWaysBack(bounds)}`;
  const allowed = {
    always: 'Somebody has to allow a step of it.',
    perhaps: 'Somebody may have to allow a step of it.',
    never: '',
  }[approval];
  const hidden = notShown === 0 ? '' : `${notShown} more of its steps are counted here and not shown.`;
  return [changes, allowed, `It costs at most ${cost} of ${budget}.`, hidden].filter(Boolean).join(' ');
}

function sayWaysBack({ effects, withoutWayBack, unsureWayBack }: PlanBounds): string {
  if (withoutWayBack === 0 && unsureWayBack === 0) return 'All of it can be taken back.';
  const many = (count: number): string => (effects === 1 ? 'It' : String(count));
  const unsure = `${many(unsureWayBack)} can be taken back ${ONLY_IF_THERE}.`;
  return [withoutWayBack > 0 && `${many(withoutWayBack)} cannot be taken back.`, unsureWayBack > 0 && unsure]
    .filter(Boolean)
    .join(' ');
}

/** The calls of a preview that have not come yet. */
export function toCome(run: Run): PreviewStep[] {
  const begun = new Set(run.steps.map(({ id }) => id.split('.', 1)[0]));
  return (run.preview ?? []).filter(({ id }) => !begun.has(id));
}

/** What became of an effect that was to be taken back. */
export function sayUndone({ state, verified, reason }: RunStep): string {
  if (state === 'compensated') {
    if (verified === true) return 'Taken back. A look confirmed that it is gone.';
    if (verified === false) return 'Taken back, but a look still found it.';
    return 'Taken back, says the server. Nothing can be asked that would confirm it.';
  }
  if (state === 'not-compensable') return `Cannot be taken back. ${reason ?? ''}`.trim();
  return reason ?? 'May or may not have been taken back. Somebody must look.';
}

/** The effects of a run that were, or were to be, taken back. */
export const undoneSteps = (run: Run): RunStep[] =>
  run.steps.filter(({ state }) => ['compensated', 'compensation-failed', 'not-compensable'].includes(state));
