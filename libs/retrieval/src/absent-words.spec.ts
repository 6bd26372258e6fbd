import { describe, expect, it } from '@jest/globals';
import { absentWords } from './absent-words.js';
import { analyzeText } from './analyze.js';

const TEXT = 'Laptops are replaced every 4 years. Ask for NSI-E4417. 北京的天气很好。';
const held = analyzeText(TEXT, 'en').terms;
const absent = (query: string): string[] =>
  absentWords(query, ['en', 'und'], (term) => held.has(term)).map(([start, end]) => query.slice(start, end));

describe('words that are nowhere', () => {
  it.each([
    ['xyzzy', ['xyzzy']],
    ['How often is a Laptop’s replacement Xyzzy?', ['often', 'Xyzzy']],
    ['what is the company’s policy', ['company', 'policy']],
    ["why don’t we’ll isn't", []],
    ['lap\u00adtop', []],
    ["'xyzzy'", ['xyzzy']],
    ['NSI-E4417', []],
    ['NSI-E9999', ['NSI-E9999']],
    ['NSI E4417 plugh', ['plugh']],
    ['天气', []],
    ['', []],
    ['where is it?', []],
  ])('of %j are %j', (query, words) => expect(absent(query)).toEqual(words));
});
