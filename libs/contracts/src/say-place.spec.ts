import { expect, it } from '@jest/globals';
import { sayPlaces } from './say-place.js';

it('the place of an argument is said as people read it, and no two alike', () => {
  const said = (...places: string[]): string[] => [...sayPlaces(places).values()];
  expect(said('/subject', '/entities/0/entityType', '/entities/1/observations/11')).toEqual([
    'subject',
    'entities, no. 1: entity type',
    'entities, no. 2: observations, no. 12',
  ]);
  expect(said('/due_date', '/dueDate', '/X-Name', '/a b')).toEqual(['due_date', 'dueDate', 'X-Name', 'a b']);
  expect(said('/a~1b/~0c', '')).toEqual(['a/b: ~c', '']);
});
