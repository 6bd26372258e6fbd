import { describe, expect, it } from '@jest/globals';
import { Name } from './principals.js';
import { toShortName } from './short-name.js';

describe('a short name', () => {
  it.each([
    ['tea corner', 'tea-corner'],
    ['  Tea   Corner! ', 'tea-corner'],
    ['Personal & Löhne (2026)', 'personal-lohne-2026'],
    ['Straße, Œuvre, Łódź, Ærø', 'strasse-oeuvre-lodz-aero'],
    ['v1.2_notes', 'v1.2_notes'],
    ['--- ...', 'collection'],
    ['会議', 'collection'],
    ['x'.repeat(70), 'x'.repeat(63)],
    [`${'x'.repeat(62)} y`, 'x'.repeat(62)],
  ])('of %j is %s', (title, name) => {
    expect(toShortName(title)).toBe(name);
    expect(Name.safeParse(toShortName(title)).success).toBe(true);
  });

  it('that is taken gets a number, within its length', () => {
    expect(toShortName('Tea corner', ['tea-corner', 'tea-corner-2'])).toBe('tea-corner-3');
    expect(toShortName('x'.repeat(70), ['x'.repeat(63)])).toBe(`${'x'.repeat(61)}-2`);
  });
});
