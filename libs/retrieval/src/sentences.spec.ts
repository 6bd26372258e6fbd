import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { splitSentences } from './sentences.js';

const split = (text: string, language = 'en'): string[] =>
  splitSentences(text, language).map(({ start, end }) => text.slice(start, end));

describe('splitSentences', () => {
  it('cuts at sentence and line ends, trims and never returns nothing', () => {
    expect(split('  One. Two!  Three? \n\n Four\nfive ')).toEqual(['One.', 'Two!', 'Three?', 'Four', 'five']);
    expect(split(' \n\t\n ')).toEqual([]);
  });

  it('goes on after abbreviations, initials and small ordinals', () => {
    expect(split('Dr. Smith met J. Doe. They left, e.g. Rome.')).toEqual([
      'Dr. Smith met J. Doe.',
      'They left, e.g. Rome.',
    ]);
    expect(split('3. The rule. See No. 7 for approx. Values.')).toHaveLength(2);
    expect(split('Am 3. Oktober begann es, z. B. Ärzte kamen.', 'de')).toHaveLength(1);
  });

  it('goes on where a number or a name belongs to what stands before', () => {
    expect(split('See § 12 Abs. 3 and No. 7. The fee is 3.5 percent, i.e. 12.50 euro. Done.')).toEqual([
      'See § 12 Abs. 3 and No. 7.',
      'The fee is 3.5 percent, i.e. 12.50 euro.',
      'Done.',
    ]);
    expect(split('Norrsund Ltd. makes sensors, etc. for Prof. Lind. It grew.')).toHaveLength(2);
    expect(split('Lund v. Berg was heard by Fr. Dahl. He played Op. 10 No. 3. They clapped.')).toHaveLength(
      3,
    );
    // Only languages that write dates with ordinals: here the number ends its sentence.
    expect(split('The limit is 12. Ask first.')).toHaveLength(2);
    expect(split('He said no. We left. It ended World War I. The peace held.')).toHaveLength(4);
  });

  it('ends a sentence at a letter that is no initial', () => {
    expect(split('Lunch is in hall B. The doors open at noon. Take vitamin C. It helps.')).toHaveLength(4);
    expect(split('Deliveries go to loading dock C. Dock C opens at 08:00.')).toHaveLength(2);
    expect(split('It is in room B. see the plan.')).toHaveLength(1);
    expect(split('Gruppe A. Die anderen warten.', 'de')).toHaveLength(2);
    expect(split('It was written by J. Doe for B. Smith.')).toHaveLength(1);
    expect(split('In 1990 J. The Younger wrote it.')).toHaveLength(1);
  });

  it('ends a sentence at a year', () => {
    expect(split('It began in 2019. Then it grew.')).toHaveLength(2);
  });

  it('counts UTF-16 code units and survives an unknown language', () => {
    expect(splitSentences('😀 a. 東京。京都。', 'ja').map(({ start }) => start)).toEqual([0, 6, 9]);
    expect(split('One. Two.', 'not a language')).toEqual(['One.', 'Two.']);
    expect(split('One. Two.', 'und')).toEqual(['One.', 'Two.']);
  });

  it('covers every character but white space, in order', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        let end = 0;
        for (const range of splitSentences(text, 'en')) {
          const sentence = text.slice(range.start, range.end);
          expect(text.slice(end, range.start).trim()).toBe('');
          expect(sentence).toBe(sentence.trim());
          expect(sentence).not.toBe('');
          end = range.end;
        }
        expect(text.slice(end).trim()).toBe('');
      }),
    );
  });
});
