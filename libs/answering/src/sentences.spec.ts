import { describe, expect, it } from '@jest/globals';
import { splitSentences } from './sentences.js';

const split = (text: string, language = 'en') =>
  splitSentences(text, language).map(({ start, end }) => text.slice(start, end));

describe('splitSentences', () => {
  it('cuts at sentence ends, trims and never returns nothing', () => {
    expect(split('  One. Two!  Three? ')).toEqual(['One.', 'Two!', 'Three?']);
    expect(split(' \n\t\n ')).toEqual([]);
  });

  it('treats line breaks as borders', () => {
    expect(split('Heading\nIt goes\r\non.')).toEqual(['Heading', 'It goes', 'on.']);
  });

  it('goes on after abbreviations and initials', () => {
    expect(split('Dr. Smith met J. Doe. They spoke, e.g. English.')).toEqual([
      'Dr. Smith met J. Doe.',
      'They spoke, e.g. English.',
    ]);
    expect(split('He said no. We left.')).toHaveLength(2);
    expect(split('It ended World War I. The peace held.')).toHaveLength(2);
    expect(split('Siehe Abs. 3. Ende.', 'de')).toEqual(['Siehe Abs. 3.', 'Ende.']);
  });

  it('keeps offsets in UTF-16 code units and survives an unknown language', () => {
    expect(splitSentences('😀 a. 東京。京都。', 'ja').map(({ start }) => start)).toEqual([0, 6, 9]);
    expect(split('One. Two.', 'not a language')).toEqual(['One.', 'Two.']);
  });
});
