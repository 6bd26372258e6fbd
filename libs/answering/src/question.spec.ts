import { describe, expect, it } from '@jest/globals';
import { analyzeQuery, weighTerms } from '@belay/retrieval';
import { answersType, findCues } from './answer-cues.js';
import { coverage, readQuestion } from './question.js';

const read = (text: string, languages = ['en']) =>
  readQuestion(
    text,
    weighTerms(analyzeQuery(text, languages), 10, () => 1),
  );

describe('readQuestion', () => {
  it('tells what would answer it', () => {
    const typeOf = (text: string) => read(text).type;
    expect(typeOf('How many points did they score?')).toBe('number');
    expect(typeOf('In what year was it built?')).toBe('date');
    expect(typeOf('Who founded Belay?')).toBe('who');
    expect(typeOf('In which city is it?')).toBe('where');
    expect(typeOf('Why did it fail?')).toBe('why');
    expect(typeOf('Wann begann es?')).toBe('date');
    expect(typeOf('What is a scope?')).toBe('other');
  });

  it('counts a word once, however many languages stem it', () => {
    const question = read('running', ['en', 'de']);
    expect(question.words).toHaveLength(1);
    expect(coverage(question, (term) => term === 'run')).toBeCloseTo(question.totalIdf);
  });

  it('leaves out words that only ask or join, in the language of the question', () => {
    const wordsOf = (text: string, languages: string[]) =>
      read(text, languages).words.flatMap(({ forms }) => forms.slice(0, 1));
    expect(wordsOf('How many days does the lease run for?', ['en'])).toEqual(['day', 'leas', 'run']);
    expect(wordsOf('Was kostet die Reparatur?', ['de'])).toEqual(['kostet', 'reparatur']);
    // In English "was" joins and "die" tells.
    expect(wordsOf('Where was the die cast?', ['en'])).toEqual(['die', 'cast']);
    expect(wordsOf('Who are you?', ['en'])).toEqual(['who', 'are', 'you']);
  });

  it('knows its own language where its joining words tell it', () => {
    expect(read('Var kan batteriet bytas?').language).toBe('sv');
    expect(read('Was kostet die Reparatur?').language).toBe('de');
    expect(read('How long is the lease?').language).toBe('en');
    expect(read('NSI-E4417').language).toBeNull();
  });

  it('marks names, not the capital of the first word', () => {
    const names = read('Does the Carolina team play in 1999?').words.filter((word) => word.name);
    expect(names.map((word) => word.forms[0])).toEqual(['carolina', '1999']);
  });
});

describe('findCues', () => {
  it('finds what the question does not hold', () => {
    const question = read('When did Ann join in 2019?');
    const cues = findCues('Ann joined in March 2021 with Bob.', question);
    expect(cues).toMatchObject({ dates: 2, names: 2 });
    expect(answersType(cues, question)).toBe(1);
    expect(answersType(findCues('Ann joined in 2019.', question), question)).toBe(0);
  });
});
