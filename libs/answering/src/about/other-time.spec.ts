import { describe, expect, it } from '@jest/globals';
import { timesNotQuoted } from './other-time.js';

const FROM = 'From 1 January 2024 the room costs EUR 210 a night.';

describe('the times of a question that no quote speaks of', () => {
  it.each([
    ['What did a room cost before 2024?', FROM, 'before 2024'],
    ['What did a room cost until the end of 2024?', 'Since 2024 it costs EUR 210.', 'until the end of 2024'],
    ['What does a room cost since March 2025?', 'Until March 2025 it costs EUR 180.', 'since March 2025'],
    ['Was kostete ein Zimmer vor 2024?', 'Ab 2024 kostet ein Zimmer EUR 210.', 'vor 2024'],
    ['Vad kostade ett rum före 2024?', 'Från och med 2024 kostar ett rum 210 euro.', 'före 2024'],
    ['Combien coûtait une chambre avant 2024 ?', 'Depuis 2024 elle coûte 210 euros.', 'avant 2024'],
    ['¿Cuánto costaba antes de 2024?', 'A partir de 2024 cuesta 210 euros.', 'antes de 2024'],
  ])('%s', (question, quote, time) => {
    expect(timesNotQuoted(question, [quote])).toEqual([time]);
  });

  it.each([
    ['the same side', 'What does a room cost after 2024?', FROM],
    ['both sides', 'What did it cost before 2024?', 'Until 2024 it cost EUR 180, from 2024 on EUR 210.'],
    ['no side in the quote', 'What did it cost before 2024?', 'In 2024 it cost EUR 210.'],
    ['no side in the question', 'What did it cost in 2024?', FROM],
    ['another date', 'What did it cost before 2023?', FROM],
    ['no date', 'What did it cost before?', FROM],
    ['a word that only ends like one', 'Which therefore 2024?', FROM],
  ])('leaves out what has %s', (_, question, quote) => {
    expect(timesNotQuoted(question, [quote])).toEqual([]);
  });

  it('is content with one quote that speaks of it', () => {
    expect(timesNotQuoted('What did it cost before 2024?', [FROM, 'It cost EUR 180 before 2024.'])).toEqual(
      [],
    );
  });
});
