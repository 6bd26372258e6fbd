import { expect, it } from '@jest/globals';
import type { PreviewStep } from '@belay/contracts';
import { previewLines } from './preview-lines.js';

it('a planned call says where values will come from, in words and never in a reference', () => {
  const find: PreviewStep = {
    id: 'find',
    contract: 'desk.find-tickets@1.0.0',
    title: 'Find tickets',
    effect: 'read',
    arguments: { text: 'fan' },
    blast: { resource: 'tickets', items: 1 },
    wayBack: null,
    isBackSure: true,
    cost: 1,
    approval: 'never',
    within: null,
    loops: [],
    rounds: [],
    dryRun: null,
    problem: null,
  };
  const close: PreviewStep = {
    ...find,
    id: 'close',
    contract: 'desk.close-ticket@1.0.0',
    title: 'Close a ticket',
    effect: 'irreversible',
    arguments: { id: { $from: 'round', at: '/id' }, notes: ['‹done›', { $from: 'find', at: '/count' }] },
    approval: 'always',
    within: { kind: 'each', most: 5 },
    loops: [{ id: 'ticket', over: { $from: 'find', at: '/tickets' } }],
  };
  expect(previewLines([find, close])).toEqual([
    '  find  would: Find tickets (desk.find-tickets@1.0.0)\n      {"text":"fan"}',
    [
      '  close  would: Close a ticket up to 5 times (desk.close-ticket@1.0.0)',
      'once for each of the results of “Find tickets” (tickets)',
      '{"id":‹each of the results of “Find tickets” (tickets): id›,"notes":["‹done›",‹the result of “Find tickets” (count)›]}',
      'touches at most 1 of tickets',
      'way back: none, it cannot be taken back',
      'somebody has to allow it, every time',
    ].join('\n      '),
  ]);
  const opens: PreviewStep = {
    ...close,
    title: 'Open a ticket',
    within: { kind: 'each', most: 7 },
    loops: [{ id: 'task', over: { $from: 'slots', at: '/tasks' } }],
    rounds: [{ subject: 'Laptop' }, { subject: 'Badge' }],
  };
  expect(previewLines([opens])[0]?.split('\n      ').slice(0, 5)).toEqual([
    '  close  would: Open a ticket 7 times (desk.close-ticket@1.0.0)',
    'once for each of the list “tasks”',
    '{"subject":"Laptop"}',
    '{"subject":"Badge"}',
    'and 5 more',
  ]);
});
