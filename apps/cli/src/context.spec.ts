import { describe, expect, it } from '@jest/globals';
import { visible } from './context.js';

describe('what the terminal is sent', () => {
  it('obeys nothing that stands in a title', () => {
    const hostile = 'a\u001b]0;b\u0007\u009b31m\r\u202etxt\u0000';
    expect(visible(hostile)).toBe(String.raw`a\u001b]0;b\u0007\u009b31m\u000d\u202etxt\u0000`);
  });

  it('is unchanged where it is only text, and stays the same JSON', () => {
    const text = 'Löner – 給与 مرتب 👩‍💻\n\tend';
    expect(visible(text)).toBe(text);
    const value = { title: 'a\u001b\u009b\u202e"\\' };
    expect(JSON.parse(visible(JSON.stringify(value)))).toEqual(value);
  });
});
