import { describe, expect, it } from '@jest/globals';
import type { Passage } from '@belay/retrieval';
import { readPassage } from './read-passage.js';

const passage = (text: string): Passage => ({
  ...{ chunkId: 1, title: 'Evacuation', text, start: 0, end: text.length, documentId: 'd', versionId: 'v' },
  ...{ collection: 'handbook', path: 'a.md', heading: ['Fire drill'], page: null, language: 'en' },
  ...{ score: 0, cosine: 0, bm25: 0 },
});

describe('readPassage', () => {
  it('reads list items as sentences of their own in the light of what leads them in', () => {
    const text = 'At the alarm, wardens bring:\n\n- a vest\n\n- the list. It is red.\n\nThen they leave.';
    const { sentences, above } = readPassage(passage(text));
    expect(sentences.map((sentence) => sentence.text)).toEqual([
      ...['At the alarm, wardens bring:', 'a vest', 'the list.', 'It is red.', 'Then they leave.'],
    ]);
    for (const sentence of sentences) expect(text.slice(sentence.start, sentence.end)).toBe(sentence.text);
    const item = (index: number) => [...(sentences[index]?.lead.keys() ?? [])];
    expect(item(1)).toContain('alarm');
    expect(item(2)).toContain('alarm');
    expect(item(4)).toContain('red');
    expect([...above.keys()]).toEqual(['evacu', 'fire', 'drill']);
  });

  it('takes a number for a marker only where a line begins', () => {
    const texts = readPassage(passage('1. Lock the valve.\nIt takes 3. Then go.')).sentences.map(
      ({ text }) => text,
    );
    expect(texts).toEqual(['Lock the valve.', 'It takes 3.', 'Then go.']);
  });
});
