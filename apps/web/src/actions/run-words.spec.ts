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
  cost: 2,
  approval: 'perhaps',
  within: null,
  loops: [],
  dryRun: null,
  problem: null,
};

describe('a preview', () => {
  it('is summed up in sentences, with what is not shown', () => {
    const bounds: PlanBounds = {
      notShown: 0,
      effects: 2,
      withoutWayBack: 1,
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
