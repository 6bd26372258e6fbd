import { describe, expect, it } from '@jest/globals';
import { Places } from './places.js';

describe('the places of runs', () => {
  const take = (places: Places, requester: number, name: string, state = 'running' as const): boolean =>
    places.take({ run: `${requester}-${name}`, requester, state });
  const undo = (places: Places, requester: number, name: string): boolean =>
    places.take({ run: `${requester}-${name}`, requester, state: 'compensating' });
  const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `${index}`);

  it('are a part of all for one person, however many runs they have', () => {
    const places = new Places();
    expect(numbers(20).filter((name) => take(places, 1, name))).toHaveLength(4);
    expect(places.crowded).toEqual({ doing: [1], undoing: [] });
    expect(take(places, 2, 'run')).toBe(true);
    expect(places.isMissed('1-0')).toBe(true);
    expect(places.isMissed('2-run')).toBe(false);
    places.give('1-0');
    expect(take(places, 1, 'next')).toBe(true);
  });

  it('are kept for taking back, and of those nobody has all', () => {
    const places = new Places();
    for (const person of [1, 2, 3, 4, 5]) for (const name of numbers(4)) take(places, person, name);
    expect(take(places, 6, 'run')).toBe(false);
    expect(places.crowded.doing).toBeNull();
    expect(numbers(5).filter((name) => undo(places, 1, `undo-${name}`))).toHaveLength(2);
    expect(undo(places, 6, 'undo')).toBe(true);
  });
});
