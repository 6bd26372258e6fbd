import { expect, it } from '@jest/globals';
import type { RunStep } from './runs.js';
import { sayBackUntil, sayWayBack } from './say-way-back.js';

const early = '2027-01-02T03:04:00.000Z';
const late = '2027-02-02T03:04:00.000Z';
const step = (backUntil: string | null): RunStep => ({ backUntil, effect: 'read' }) as RunStep;

it('a way back is said with its end once that is known, or not to be there', () => {
  const wayBack = 'Close a ticket, within 72 hours';
  expect(sayWayBack({ wayBack, backUntil: null })).toBe(`Way back: ${wayBack}.`);
  expect(sayWayBack({ wayBack, backUntil: early })).toMatch(/^Way back: .* hours: until 2 Jan 2027/);
  expect(sayWayBack({ wayBack: null, backUntil: null })).toBe('It cannot be taken back.');
});

it('a run can be taken back until the first of its ends, and some of it until the last', () => {
  const said = (mayUndo: boolean, ...ends: (string | null)[]): string | undefined =>
    sayBackUntil({ mayUndo, steps: ends.map(step) }, Date.parse('2027-01-01T00:00:00.000Z'));
  expect(said(true, null, early)).toMatch(/^It can be taken back until 2 Jan 2027/);
  expect(said(true, late, early)).toMatch(/^All of it .* 2 Jan 2027.* the last of it until 2 Feb 2027/);
  const past = '2026-12-02T03:04:00.000Z';
  expect(said(true, past, late)).toMatch(/^What of it can be taken back can be until 2 Feb 2027/);
  const final = { effect: 'irreversible', state: 'succeeded', wayBack: null, backUntil: null } as RunStep;
  expect(sayBackUntil({ mayUndo: true, steps: [final, step(late)] }, Date.parse(past))).toMatch(
    /^What of it/,
  );
  expect(said(false, early)).toBeUndefined();
  expect(said(true, null)).toBeUndefined();
});
