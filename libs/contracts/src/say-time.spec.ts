import { describe, expect, it } from '@jest/globals';
import { sayDay, sayMoment, sayTime } from './say-time.js';

/** A time of the clock of this machine, wherever it is. */
const local = (...parts: [number, number, number, number, number, number]): string =>
  new Date(...parts).toISOString();

describe('times as people read them', () => {
  it('are said by their own clock, and no day is taken for a month', () => {
    const at = local(2026, 2, 4, 9, 7, 5);
    expect([sayDay(at), sayTime(at), sayMoment(at)]).toEqual([
      '4 Mar 2026',
      '4 Mar 2026, 09:07',
      '4 Mar 2026, 09:07:05',
    ]);
  });

  it('keep a date the day that it is', () => expect(sayDay('2026-12-31')).toBe('31 Dec 2026'));
});
