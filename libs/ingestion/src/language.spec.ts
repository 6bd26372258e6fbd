import { describe, expect, it } from '@jest/globals';
import { detectLanguage } from './language.js';

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
});
