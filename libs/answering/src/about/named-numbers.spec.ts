import { describe, expect, it } from '@jest/globals';
import { analyzeQuery, analyzeText } from '@belay/retrieval';
import type { Sentence } from '../measure-sentences.js';
import { aboutNamed } from './named-numbers.js';
import { readQuestion } from '../question.js';

/** The texts, each with a heading above it, that are left of those given. */
function left(question: string, ...texts: (string | readonly [text: string, heading: string])[]): string[] {
  const terms = analyzeQuery(question, ['en']).map((term) => ({ ...term, idf: 2, found: true }));
  const read = readQuestion(question, terms);
  const sentences = texts.map((given) => {
    const [text, heading] = typeof given === 'string' ? [given, ''] : given;
    const held = analyzeText(text, 'en').terms;
    const own = read.words.map(({ forms }) => forms.some((form) => held.has(form)));
    return { text, holding: { own }, passage: { title: 'Codes', heading: [heading] } } as unknown as Sentence;
  });
  return aboutNamed(question, read, sentences).map(({ text }) => text);
}

const L2 = 'The band for level L2 ends at SEK 44,000.';
const L4 = 'The band for level L4 runs from SEK 52,000 to SEK 67,000 per month.';
const BANDS = 'Bands are reviewed in March.';

describe('aboutNamed', () => {
  it('leaves out what is about another code, or another of a name', () => {
    expect(left('What is the salary band for L2?', L4, L2, BANDS)).toEqual([L2, BANDS]);
    const [room, other] = ['Room 100 holds twelve.', 'Room 99 holds eight.'];
    expect(left('How many people does Room 100 hold?', other, room)).toEqual([room]);
    expect(left('What does E4417 mean?', 'NSI-E6008 is the clock.', 'NSI-E4417 is a bridge.')).toEqual([
      'NSI-E4417 is a bridge.',
    ]);
    expect(left('What does NSI-E4417 mean?', 'NSI-E6008 is the clock.', 'nsi-e4417 is a bridge.')).toEqual([
      'nsi-e4417 is a bridge.',
    ]);
  });

  it('keeps what is named above it: by a heading, a range, or in a comparison', () => {
    const told = ['Unlike L4 it has no bonus.', 'Level L2'] as const;
    expect(left('What is special about L2?', told, L4)).toEqual([told[0]]);
    const range = 'L1 to L5 have a review in March.';
    expect(left('When is the review of L3?', range)).toEqual([range]);
    expect(left('What sets L2 apart from L4?', L4, L2)).toEqual([L4, L2]);
  });

  it.each([
    ['Does the app work on Android 14?', 'The app needs Android 12 or newer.'],
    ['Is it supported on Windows 11?', 'It is supported on Windows 10 and later.'],
    ['May an employee at L6 fly business class?', 'Employees at L5 and above may fly business class.'],
    ['What is the travel allowance in Zone 2?', 'In Zone 1 to 3 the allowance is EUR 12.'],
    ['Wird nach Tag 3 Lohn gezahlt?', 'Ab Tag 1 wird der Lohn gezahlt.'],
    ['Is EUR30 for lunch paid back?', 'Lunch is paid back up to EUR25.'],
    ['Which VPN client do I use on Windows 11?', 'Staff use the OpenVPN client.'],
    ['When is the Q3 review?', 'The review of the third quarter is on 4 October.'],
  ])('%s keeps what sets a limit, and what names none', (question, answer) => {
    const others = ['Support for Windows 10 ends in October.', 'Q1 ends in March.'];
    expect(left(question, ...others, answer)).toContain(answer);
  });

  it('leaves nothing where only others of a long code are known', () => {
    expect(left('What does NSI-E9999 mean?', 'Codes are shown.', 'NSI-E6008 is the clock.')).toEqual([]);
  });

  it('has nothing to say where none of the kind is named, nor of dates, years and amounts', () => {
    expect(left('What does NSI-E9999 mean?', 'Codes are shown.')).toEqual(['Codes are shown.']);
    const lunch = 'Meals up to EUR 25 are paid back, as of March 3, since Policy 2024.';
    for (const question of [
      'Is a meal of EUR 30 paid back?',
      'What is paid since March 5?',
      'In 5 days, what is paid?',
      'What does Policy 2023 pay?',
    ])
      expect(left(question, lunch)).toEqual([lunch]);
  });
});
