import { describe, expect, it } from '@jest/globals';
import { sayWaiting } from './say-waiting';

const listed = (...mayDecide: boolean[]) => mayDecide.map((may) => ({ mayDecide: may }));

describe('what waits, beside an entry of the menu', () => {
  it('is what the person may decide, and nothing where that is none', () => {
    expect(sayWaiting('Actions', { approvals: [], notShown: 0 })).toBeUndefined();
    expect(sayWaiting('Actions', { approvals: listed(false, false), notShown: 3 })).toBeUndefined();
    const one = { count: '1', name: 'Actions, 1 waits for you' };
    expect(sayWaiting('Actions', { approvals: listed(false, true), notShown: 0 })).toEqual(one);
    const two = { count: '2', name: 'Approvals, 2 wait for you' };
    expect(sayWaiting('Approvals', { approvals: listed(true, true), notShown: 0 })).toEqual(two);
  });

  it('says that there may be more where not all were listed', () => {
    const many = { count: '2+', name: 'Approvals, 2 or more wait for you' };
    expect(sayWaiting('Approvals', { approvals: listed(true, true), notShown: 1 })).toEqual(many);
  });
});
