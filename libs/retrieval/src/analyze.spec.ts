import { describe, expect, it } from '@jest/globals';
import { analyzeQuery, analyzeText, termId } from './analyze.js';
import { postingsOf } from './index-terms.js';

const termsOf = (text: string, language: string) => [...analyzeText(text, language).terms.keys()];

describe('analyzeText', () => {
  it('stems words by language and counts them', () => {
    const { terms, length } = analyzeText('Running runs RUN', 'en');
    expect([...terms]).toEqual([['run', 3]]);
    expect(length).toBe(3);
    expect(termsOf('Häuser', 'de')).toEqual(['haus']);
    expect(termsOf('Running', 'xx')).toEqual(['running']);
    expect(termsOf('constructor', 'constructor')).toEqual(['constructor']);
  });

  it('keeps a code whole beside its parts, unstemmed', () => {
    expect(termsOf('see NSI-E4417.', 'en')).toEqual(['see', 'nsi', 'e4417', 'nsi-e4417']);
    expect(termsOf('src/retry_policy.ts', 'en')).toContain('src/retry_policy.ts');
    expect(termsOf('1,000 men', 'en')).toEqual(['1', '000', '1,000', 'men']);
  });

  it('cuts unspaced scripts into bigrams', () => {
    expect(termsOf('東京都', 'ja')).toEqual(['東京', '京都']);
    expect(termsOf('水', 'zh')).toEqual(['水']);
    expect(termsOf('서울시', 'ko')).toEqual(['서울', '울시']);
    expect(termsOf('2026年度', 'ja')).toEqual(['2026', '年度']);
  });

  it('folds width, case and possessives', () => {
    expect(termsOf('ＡＢＣ Dame’s', 'xx')).toEqual(['abc', 'dame']);
    expect(analyzeText(' —!', 'en')).toEqual({ terms: new Map(), length: 0 });
  });
});

describe('analyzeQuery', () => {
  it('unites the forms of every language under one word', () => {
    const terms = analyzeQuery('running Häuser', ['en', 'de']);
    expect(terms.map(({ term, word }) => [term, word])).toEqual([
      ['run', 0],
      ['running', 0],
      ['häuser', 1],
      ['haus', 1],
    ]);
  });

  it('finds what a text holds without any language known', () => {
    expect(analyzeQuery('NSI-E4417', []).map(({ term }) => term)).toContain('nsi-e4417');
  });
});

describe('termId', () => {
  it('is the first 8 bytes of SHA-256 as a signed decimal', () => {
    expect(termId('abc')).toBe('-5010229573455851542');
    expect(BigInt(termId('belay'))).toBeLessThan(2n ** 63n);
  });
});

describe('postingsOf', () => {
  it('counts words of title and heading as the chunk’s own', () => {
    const { postings, length } = postingsOf('Leave is paid.', ['Holidays'], 'Handbook', 'en');
    expect(length).toBe(5);
    expect(postings).toContainEqual({ termId: termId('handbook'), frequency: 1 });
    expect(postings).toContainEqual({ termId: termId('holiday'), frequency: 1 });
  });
});
