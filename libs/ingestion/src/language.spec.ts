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
  ])('says %s', (language, text) => expect(detectLanguage(text)).toBe(language));
});
