import type { PreviewStep, Run, RunStep } from '@belay/contracts';

/** What a plan would do, summed up. */
export interface Summary {
  readonly effects: number;
  readonly withoutWayBack: number;
  readonly mayCost: number;
  readonly approvals: PreviewStep['approval'];
}

/** Sums up what a preview says; what may be repeated counts as often as it may be. */
export function summarise(preview: readonly PreviewStep[]): Summary {
  const acting = preview.filter(({ effect }) => effect !== null && effect !== 'read');
  const times = ({ within }: PreviewStep): number => within?.most ?? 1;
  return {
    effects: acting.length,
    withoutWayBack: acting.filter(({ wayBack }) => wayBack === null).length,
    mayCost: preview.reduce((cost, step) => cost + step.cost * times(step), 0),
    approvals:
      (['always', 'perhaps', 'never'] as const).find((one) =>
        preview.some(({ approval }) => approval === one),
      ) ?? 'never',
  };
}

/** A preview in sentences. */
export function saySummary({ effects, withoutWayBack, mayCost, approvals }: Summary, budget: number): string {
  const changes =
    effects === 0
      ? 'Nothing is changed: it only reads.'
      : `${effects} ${effects === 1 ? 'step changes' : 'steps change'} something. ${
          withoutWayBack === 0 ? 'All of it can be taken back.' : `${withoutWayBack} cannot be taken back.`
        }`;
  const allowed = {
    always: 'Somebody has to allow a step of it.',
    perhaps: 'Somebody may have to allow a step of it.',
    never: '',
  }[approvals];
  return [changes, allowed, `It costs at most ${mayCost} of ${budget}.`].filter(Boolean).join(' ');
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
  return `May or may not have been taken back. ${reason ?? 'Somebody must look.'}`;
}

/** The effects of a run that were, or were to be, taken back. */
export const undoneSteps = (run: Run): RunStep[] =>
  run.steps.filter(({ state }) => ['compensated', 'compensation-failed', 'not-compensable'].includes(state));
