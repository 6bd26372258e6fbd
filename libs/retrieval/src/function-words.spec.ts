import { describe, expect, it } from '@jest/globals';
import { languageOfQuestion } from './function-words.js';

describe('the language of a question', () => {
  it.each([
    ['How many days of leave do we have?', 'en'],
    ['Wie viele Urlaubstage haben wir?', 'de'],
    ['¿Cuántos días de vacaciones tiene el equipo?', 'es'],
    ['有給休暇は何日ですか', 'ja'],
    ['年假有多少天?', 'zh'],
    ['كم يوم إجازة لدينا؟', 'ar'],
    ['Сколько дней отпуска?', 'ru'],
  ])('is told for %s', (question, language) => {
    expect(languageOfQuestion(question)).toBe(language);
  });

  it('is not guessed from a name or a code', () => {
    expect(languageOfQuestion('NSI-E4417')).toBeNull();
    expect(languageOfQuestion('Who is the founder of 東京 trading company?')).toBe('en');
  });
});
