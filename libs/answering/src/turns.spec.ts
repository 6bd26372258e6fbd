import { describe, expect, it } from '@jest/globals';
import { DomainError } from '@belay/errors';
import { Turns } from './turns.js';

const LONG = 600_000;

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Work that says when it begins, and ends when it is told to. */
function bench(turns: Turns) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const start = (person: number, name: string, signal?: AbortSignal): Promise<string> =>
    turns.of(
      person,
      () =>
        new Promise<string>((resolve) => {
          begun.push(name);
          ends.set(name, () => resolve(name));
        }),
      signal,
    );
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await settled();
  };
  return { begun, start, end };
}

describe('turns', () => {
  it('are given to one person after the other, however many one of them waits with', async () => {
    const { begun, start, end } = bench(new Turns(2, LONG));
    const all = ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2'].map((name) => start(name.charCodeAt(0), name));
    await settled();
    expect(begun).toEqual(['a1', 'a2']);
    for (const name of ['a1', 'a2', 'a3', 'b1', 'c1', 'a4']) await end(name);
    expect(begun).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'a4', 'b2']);
    await end('b2');
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2']);
  });

  it('come again after work that failed', async () => {
    const turns = new Turns(1, LONG);
    const failing = turns.of(1, () => Promise.reject(new Error('no')));
    const next = turns.of(1, () => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });

  it('are counted by person while they are waited for', async () => {
    const turns = new Turns(1, LONG);
    const { start, end } = bench(turns);
    const all = [start(1, 'working'), start(1, 'waiting'), start(2, 'other')];
    await settled();
    expect([1, 2, 3].map((person) => turns.waitingOf(person))).toEqual([1, 1, 0]);
    for (const name of ['working', 'waiting', 'other']) await end(name);
    expect(turns.waitingOf(1)).toBe(0);
    expect(await Promise.all(all)).toEqual(['working', 'waiting', 'other']);
  });

  it('are left by who has gone, without beginning, and are not lost by that', async () => {
    const { begun, start, end } = bench(new Turns(1, LONG));
    const gone = new AbortController();
    const working = start(1, 'working');
    const leaving = [start(1, 'first', gone.signal), start(2, 'second', gone.signal)];
    const staying = start(2, 'staying');
    gone.abort(new Error('gone'));
    for (const left of leaving) await expect(left).rejects.toThrow('gone');
    await end('working');
    await end('staying');
    expect([await working, await staying]).toEqual(['working', 'staying']);
    await expect(start(3, 'late', gone.signal)).rejects.toThrow('gone');
    expect(begun).toEqual(['working', 'staying']);
  });

  it('are not waited for without end', async () => {
    const { begun, start, end } = bench(new Turns(1, 1));
    const working = start(1, 'working');
    const late = { code: 'service.unavailable', retryAfterMs: 10_000 };
    await expect(start(2, 'late')).rejects.toMatchObject(late);
    await end('working');
    const next = start(2, 'next');
    await settled();
    await end('next');
    expect([await working, await next, begun]).toEqual(['working', 'next', ['working', 'next']]);
  });

  it('are not waited for where nothing answers, and are taken again when something does', async () => {
    const turns = new Turns(2, LONG);
    const silent = new DomainError('inference.unavailable', 'no worker');
    const failing = (code: DomainError): Promise<void> => turns.of(1, () => Promise.reject(code));
    const { start, end } = bench(turns);
    await expect(failing(silent)).rejects.toThrow('no worker');
    const busy = [start(1, 'a'), start(1, 'b')];
    const patient = start(2, 'patient');
    await settled();
    await end('a');
    await end('patient');
    // What was done says that something answers: two more must fail before nobody waits.
    await expect(failing(silent)).rejects.toThrow('no worker');
    await expect(failing(new DomainError('conflict', 'its own fault'))).rejects.toThrow('its own fault');
    const waiting = [failing(silent), start(2, 'next'), start(3, 'last')];
    const refused = { status: 'rejected', reason: silent };
    expect(await Promise.allSettled(waiting)).toEqual([refused, refused, refused]);
    await end('b');
    expect(await Promise.all([...busy, patient])).toEqual(['a', 'b', 'patient']);
  });
});
