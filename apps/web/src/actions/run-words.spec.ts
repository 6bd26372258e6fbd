import { describe, expect, it } from '@jest/globals';
import type { PlanBounds, PreviewStep, Run, RunStep } from '@belay/contracts';
import { saySummary, sayUndone, toCome } from './run-words.js';

const call: PreviewStep = {
  id: 'open',
  contract: 'helpdesk.create-ticket@1.0.0',
  title: 'Open a ticket',
  effect: 'compensable',
  arguments: {},
  blast: null,
  wayBack: 'Close a ticket',
  isBackSure: true,
  cost: 2,
  approval: 'perhaps',
  within: null,
  loops: [],
  rounds: [],
  dryRun: null,
  problem: null,
};

describe('a preview', () => {
  it('is summed up in sentences, with what is not shown', () => {
    const bounds: PlanBounds = {
      notShown: 0,
      effects: 2,
      withoutWayBack: 1,
      unsureWayBack: 0,
      cost: 22,
      approval: 'perhaps',
      blast: [],
    };
    expect(saySummary(bounds, 100)).toBe(
      '2 steps change something. 1 cannot be taken back. Somebody may have to allow a step of it. It costs at most 22 of 100.',
    );
    const read: PlanBounds = {
      ...bounds,
      effects: 0,
      withoutWayBack: 0,
      cost: 2,
      approval: 'never',
      notShown: 50,
    };
    expect(saySummary(read, 100)).toBe(
      'Nothing is changed: it only reads. It costs at most 2 of 100. 50 more of its steps are counted here and not shown.',
    );
  });

  it('says before what can be taken back, what cannot, and what depends', () => {
    const bounds = {
      effects: 1,
      cost: 1,
      approval: 'never',
      notShown: 0,
      blast: [] as PlanBounds['blast'],
    } as const;
    const said = (withoutWayBack: number, unsureWayBack: number, effects = 1): string =>
      saySummary({ ...bounds, effects, withoutWayBack, unsureWayBack }, 10).split('. ')[1] ?? '';
    expect(said(0, 0)).toBe('All of it can be taken back');
    expect(said(1, 0)).toBe('It cannot be taken back');
    expect(said(0, 1)).toBe('It can be taken back only if something is there already');
    expect(said(0, 2, 3)).toBe('2 can be taken back only if something is there already');
  });

  it('keeps what has not come yet, of loops the rounds too', () => {
    const run = { preview: [call, { ...call, id: 'close' }], steps: [{ id: 'close.2' }] } as unknown as Run;
    expect(toCome(run).map(({ id }) => id)).toEqual(['open']);
  });
});

describe('what was taken back', () => {
  it('is never said to be gone without a look', () => {
    const step = { state: 'compensated', verified: null, reason: null } as RunStep;
    expect(sayUndone(step)).toMatch(/Nothing can be asked/);
    expect(sayUndone({ ...step, verified: true })).toMatch(/confirmed/);
    expect(sayUndone({ ...step, verified: false })).toMatch(/still found it/);
    expect(sayUndone({ ...step, state: 'compensation-failed' })).toMatch(/May or may not/);
    const changed = 'Somebody changed it since, and that is left alone.';
    expect(sayUndone({ ...step, state: 'compensation-failed', reason: changed })).toBe(changed);
    expect(sayUndone({ ...step, state: 'not-compensable', reason: 'Why.' })).toBe(
      'Cannot be taken back. Why.',
    );
  });
});
