import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { admit, afterCall, type Circuit, WORKING } from './circuit-breaker.js';
import { digestOf } from '../contracts/canonical-json.js';
import { callFingerprint, findLoop } from './loop-detection.js';

describe('circuit breaker', () => {
  const silent = (times: number, now = 0): Circuit => {
    let circuit = WORKING;
    for (let turn = 0; turn < times; turn += 1) circuit = afterCall(circuit, { kind: 'not-sent' }, now);
    return circuit;
  };

  test('lets calls through until five in a row had no answer', () => {
    expect(admit(silent(4), 0)).toEqual({ circuit: silent(4) });
    expect(admit(silent(5), 0)).toEqual({ retryAfterMs: 5000 });
  });

  test.each(['result', 'refused', 'needs-input', 'drift', 'invalid'])('%s is an answer', (outcome) => {
    expect(afterCall(silent(4), { kind: outcome }, 0)).toEqual(WORKING);
  });

  test('lets one call try after the rest, and others when that one is lost', () => {
    const tried = admit(silent(5), 5000);
    if (!('circuit' in tried)) throw new Error('the first call was refused');
    expect(admit(tried.circuit, 5001)).toEqual({ retryAfterMs: 4999 });
    expect(admit(tried.circuit, 10_000)).toHaveProperty('circuit');
    expect(afterCall(tried.circuit, { kind: 'result' }, 5002)).toEqual(WORKING);
    // An error is an answer, whatever it says of the call.
    expect(afterCall(tried.circuit, { kind: 'unknown', isAnswer: true }, 5002)).toEqual(WORKING);
    expect(admit(afterCall(tried.circuit, { kind: 'unknown' }, 5002), 5002)).toEqual({
      retryAfterMs: 10_000,
    });
  });

  test('rests five minutes at most, however long the peer is away', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 5000 }), (times) => {
        const answer = admit(silent(times), 0);
        expect('retryAfterMs' in answer && answer.retryAfterMs).toBeLessThanOrEqual(300_000);
      }),
    );
  });
});

describe('loop detection', () => {
  const call = callFingerprint('helpdesk.ticket.find', digestOf({ query: 'printer', page: 1 }));

  test('law-3: the same call is made three times, its arguments in whatever order', () => {
    const again = callFingerprint('helpdesk.ticket.find', digestOf({ page: 1, query: 'printer' }));
    expect(findLoop([call, again], call)).toBeUndefined();
    expect(findLoop([call, again, call], again)).toBe('This run made exactly this call 3 times already.');
  });

  test('other arguments and other contracts are other calls', () => {
    const next = callFingerprint('helpdesk.ticket.find', digestOf({ query: 'printer', page: 2 }));
    const other = callFingerprint('helpdesk.ticket.close', digestOf({ query: 'printer', page: 1 }));
    expect(findLoop([call, call, call], next)).toBeUndefined();
    expect(findLoop([call, call, call], other)).toBeUndefined();
  });

  test('a run makes a thousand calls at most', () => {
    const earlier = Array.from({ length: 1000 }, (_, id) => callFingerprint('a', digestOf({ id })));
    expect(findLoop(earlier.slice(1), call)).toBeUndefined();
    expect(findLoop(earlier, call)).toBe('A run makes at most 1000 calls.');
  });
});
