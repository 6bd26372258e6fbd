import { describe, expect, it } from '@jest/globals';
import { detectLanguages } from './detect-languages.js';

const GERMAN = 'Wie viele Urlaubstage haben Angestellte im Jahr?';
const SPANISH = '¿Cuántos días de vacaciones tienen los empleados?';
const ENGLISH = 'How many days of vacation do employees get in a year?';

describe('detectLanguages', () => {
  it('tells the languages that questions are in', () => {
    expect(detectLanguages([GERMAN, SPANISH, ENGLISH])).toEqual(['de', 'es', 'en']);
  });

  it('takes a stray guess for a mistake', () => {
    const stray = 'Which king built Château Gaillard?';
    expect(detectLanguages([stray])).toEqual(['fr']);
    expect(detectLanguages([...Array.from({ length: 40 }, () => ENGLISH), stray]).at(-1)).toBe('en');
  });

  it('says so where nothing tells', () => {
    expect(detectLanguages(['4417', '?'])).toEqual(['und', 'und']);
    expect(detectLanguages([])).toEqual([]);
  });
});
