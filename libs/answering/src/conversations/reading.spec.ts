import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type Borrowed, partsOf } from './reading.js';
import { resolveFollowUp } from './resolve-follow-up.js';

const DOCUMENT = { documentId: 'd', versionId: 'v' };
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const borrow = (text: string, start: number): Borrowed => ({
  text,
  span: { ...DOCUMENT, start, end: start + text.length, sha256: digest(text) },
});
const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}-]+/gu) ?? [];

// What is kept as text is shown for ever; what is kept as a place is authorised whenever it is shown.
describe('the parts of a reading', () => {
  it.each([
    ['And for Halifax?', 'Who pays for?', 'Zorkan In Kestrel'],
    ['And in Porto?', 'How long does an audit take at?', 'Vault Under Zorkan'],
    ['What is their budget?', 'Who leads?', 'The Zorkan Team'],
    ['And contractors?', 'What is paid for?', 'Employees Zorkan'],
    ['And Tidewell 4?', 'How warm is?', 'Zorkan 12'],
    ['And Coast?', 'What is due for?', 'Ocean Zorkan Coast'],
    ['How long?', 'Where does it lie, in?', 'Kestrel Required'],
  ])('law-1: no word of a quote is kept as text: %s after %s', (question, asked, name) => {
    const text = `${asked.slice(0, -1)} ${name}?`;
    const borrowed = [borrow(name, 40)];
    const readings = resolveFollowUp(question, { answerId: 'a', text, borrowed })?.texts ?? [];
    expect(readings.length).toBeGreaterThan(0);
    const own = new Set(wordsOf(`${question} ${asked}`));
    for (const reading of readings) {
      const parts = partsOf(reading, borrowed, question);
      const kept = parts.filter((part) => typeof part === 'string').flatMap(wordsOf);
      expect(kept.filter((word) => wordsOf(name).includes(word) && !own.has(word))).toEqual([]);
      const put = parts.map((part) =>
        typeof part === 'string' ? part : name.slice(part.start - 40, part.end - 40),
      );
      expect(put.join('')).toBe(reading);
      for (const part of parts)
        if (typeof part !== 'string')
          expect(part.sha256).toBe(digest(name.slice(part.start - 40, part.end - 40)));
    }
  });

  it('keeps the words of the question, and whole names as they are', () => {
    const name = borrow('Zorkan Team', 7);
    expect(partsOf('Who leads the Zorkan Team?', [name], 'Who leads it?')).toEqual([
      'Who leads the ',
      name.span,
      '?',
    ]);
    expect(partsOf('Which Team pays?', [name], 'Which Team pays?')).toEqual(['Which Team pays?']);
  });
});
