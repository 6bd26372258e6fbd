import { describe, expect, it } from '@jest/globals';
import { unnamedIn } from './unnamed.js';

/** What of a question nothing holds that is quoted from a passage. */
function unnamed(question: string, text: string, language = 'en', title = ''): string[] {
  const spans = unnamedIn(question, [{ title, heading: [], text, language }]);
  return spans.map(([start, end]) => question.slice(start, end));
}
const OSLO = 'The office in Oslo opened in 2019. Pump P7 stands there.';

describe('names and codes that nothing quoted holds', () => {
  it.each([
    ['When did the office in Kazan open?', ['Kazan']],
    ['Who is the contact at Vestby Water?', ['Vestby Water']],
    ['Does the VPN work in Oslo or in Peru?', ['VPN', 'Peru']],
    ['How often is pump B4 serviced?', ['B4']],
    ['Is NSI-E0042 in Kazan?', ['NSI-E0042', 'Kazan']],
    ['Which office is the largest?', ['largest']],
  ])('are told: %s', (question, names) => {
    expect(unnamed(question, OSLO)).toEqual(names);
  });

  it.each([
    ['What is the warranty of the pump?', OSLO],
    ['When did the office in Oslo open?', OSLO],
    ['Which office is the largest?', 'Of all offices that in Oslo is the largest.'],
    ['How often is pump P7 serviced?', OSLO],
    ['Kazan: when did the office open?', OSLO],
    ['Is it OK to park on Monday?', OSLO],
    ['When Did The Office In Kazan Open', OSLO],
    ['What did Milosevic say?', 'Slobodan Milošević spoke.'],
    ['What did the Indians eat?', 'In India they ate rice.'],
    ['Кто руководит офисом в Казани?', 'Офис «Казань» открыт. Им руководит Ольга.'],
    ['', OSLO],
  ])('are none where they are held, or nothing says that they are names: %s', (question, text) => {
    expect(unnamed(question, text, 'und')).toEqual([]);
  });

  it('count where they stand above a quote, or beside another one', () => {
    expect(unnamed('When did the office in Kazan open?', 'It opened in 2018.', 'en', 'Kazan')).toEqual([]);
    const passages = [OSLO, 'Kazan is larger.'].map((text) => ({
      ...{ title: '', heading: [], text, language: 'en' },
    }));
    expect(unnamedIn('Is the office in Kazan larger?', passages)).toEqual([]);
  });

  it('are told of no text in another language, which may write them otherwise, but for codes', () => {
    const question = 'When did the office in Kazan get pump B4?';
    expect(unnamed(question, 'Офис открылся в 2018 году.', 'ru')).toEqual(['B4']);
    expect(unnamed('Wann öffnete das Büro in Kasan, und wo ist die Pumpe B4?', OSLO, 'de')).toEqual(['B4']);
  });

  it('are found at once in a question of many words', () => {
    expect(unnamedIn('Aa-'.repeat(20_000), [])).toEqual([]);
  });
});
