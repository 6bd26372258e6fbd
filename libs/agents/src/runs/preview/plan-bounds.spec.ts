import { expect, it } from '@jest/globals';
import type { PreviewStep } from '@belay/contracts';
import { boundsOf } from './plan-bounds.js';

it('what a plan comes to counts every call, as often as it may be made, shown or not', () => {
  const call: PreviewStep = {
    id: 'open',
    contract: 'desk.create-ticket@1.0.0',
    title: 'Open a ticket',
    effect: 'compensable',
    arguments: {},
    blast: { resource: 'tickets', items: 2 },
    wayBack: 'Close a ticket',
    isBackSure: true,
    cost: 3,
    approval: 'perhaps',
    within: null,
    loops: [],
    rounds: [],
    dryRun: null,
    problem: null,
  };
  const each: PreviewStep = { ...call, wayBack: null, within: { kind: 'each', most: 10 } };
  const read: PreviewStep = { ...call, effect: 'read', approval: 'never' };
  expect(boundsOf([{ ...call, isBackSure: false }, each, read], 2)).toEqual({
    notShown: 1,
    effects: 2,
    withoutWayBack: 1,
    unsureWayBack: 1,
    cost: 36,
    approval: 'perhaps',
    blast: [{ resource: 'tickets', items: 22 }],
  });
});
