import { describe, expect, it } from '@jest/globals';
import { detectLanguage, languageOfPassage } from './language.js';

const PRICES =
  'Product | 2025 | 2026\nTidewell 4 | EUR 14,200 | EUR 14,900\nDriftNode 2 | EUR 1,150 | EUR 1,090\n';
const PROSE =
  'The largest discount a seller may grant is 11 percent. Universities receive a fixed discount that cannot be ' +
  'combined with others. Competitors are expected to follow within two quarters, and sellers receive training.';

describe('detectLanguage', () => {
  it.each([
    ['en', 'The quick brown fox jumps over the lazy dog today.'],
    ['de', 'Der Vertrag endet am 3. Oktober 2024 ohne Verlängerung.'],
    ['fr', 'Le contrat prend fin le trois octobre sans autre formalité.'],
    ['ja', 'これは日本語です。'],
    ['und', 'Short.'],
    ['und', '12345 67890 12345 67890 12345 67890 12345 67890'],
    ['und', 'asdkj qwpeoi zxmcn alskdj qpwoei zmxncb alskjdqw'],
    ['und', ''],
    ['en', 'Laptops are replaced every 4 years'],
    ['en', 'Laptop replacement: 4 years'],
    ['de', 'Laptops werden alle 4 Jahre ersetzt'],
    ['sv', 'Semester: 30 dagar'],
    ['fr', 'Les cadeaux sont interdits'],
    ['es', 'Se cambia el portátil'],
    ['el', 'Άδεια 28 ημέρες'],
    ['und', 'INC-2024-117'],
    ['und', 'Man overboard drill'],
  ])('says %s', (language, text) => expect(detectLanguage(text)).toBe(language));

  it('takes what is too short to tell for what it is told', () => {
    expect(detectLanguage('Short.', 'sv')).toBe('sv');
    expect(detectLanguage('Les cadeaux sont interdits', 'sv')).toBe('fr');
    expect(detectLanguage('2024: 117', 'sv')).toBe('und');
    expect(detectLanguage('asdkj qwpeoi zxmcn alskdj qpwoei '.repeat(6), 'sv')).toBe('und');
  });

  it.each([
    ['en', PRICES + PROSE],
    ['und', 'Price plan 2026'],
    ['und', 'SKU | Price | Stock\nP-100 | 12.50 | 40\nP-200 | 8.00 | 12\nP-300 | 99.90 | 3'],
    ['und', PRICES],
    ['und', 'EUR | USD | GBP | SEK | NOK | DKK | CHF | PLN | CZK | HUF | JPY\n1 | 1.08 | 0.85 | 11.4 | 11.6'],
    ['und', 'P-100 12.50 40 pcs\n'.repeat(9)],
    ['und', 'Warszawa 12 | Roma 14 | Oslo 16'],
    ['en', 'host: db01\nport: 5432\nuser: app\npool: 20\nssl: true\nlog: info\ntrace: off\nretries: 3'],
    ['und', 'Kaffee 2,50 | Tee 2,20 | Wasser 1,80 | Saft 3,10 | Kuchen 3,90 | Brot 1,20 | Suppe 5,40'],
    [
      'en',
      '| Plan | Price per seat and month | Seats |\n| Team | 19 EUR | from 5 to 200 |\n| Big | 39 EUR | 50 or more |',
    ],
    ['sv', 'Priser 2026: Bas 90 kr, Team 190 kr, Företag 390 kr per månad för alla som vill'],
    ['fi', 'Hinnasto: perus 9 euroa, tiimi 19 euroa, yritys 39 euroa kuukaudessa kaikille asiakkaille'],
    ['ru', 'Это прайс-лист на 2026 год для всех клиентов | цена | 120'],
    ['sr', 'Ovaj ugovor prestaje da važi trećeg oktobra bez posebne najave.'],
    ['hi', 'यह मूल्य सूची सभी ग्राहकों के लिए है | मूल्य | 120 |'],
  ])('says %s of what is short or a table', (language, text) => expect(detectLanguage(text)).toBe(language));

  it('leaves a passage that is a table in the language of what is around it', () => {
    for (const table of [
      PRICES.repeat(3),
      'P-100 | 12.50 | 40 pcs\n'.repeat(12),
      `नमस्ते | ${PRICES.repeat(3)}`,
    ])
      expect(languageOfPassage(table, 'en')).toBe('en');
    expect(languageOfPassage(PROSE, 'sv')).toBe('en');
    const hindi = 'यह मूल्य सूची सभी ग्राहकों के लिए है और जनवरी से लागू होगी। '.repeat(4);
    expect(languageOfPassage(hindi, 'en')).toBe('hi');
  });
});
