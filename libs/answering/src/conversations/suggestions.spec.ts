import { describe, expect, it } from '@jest/globals';
import { headingOf } from './suggestions.js';

const ask = (title: string, last: string, language = 'en') =>
  headingOf({ documentId: 'd', title, heading: [title, last], text: '', language });

describe('a question that a heading suggests', () => {
  it('is about a part of its document', () => {
    expect(ask('NDA guide', 'Signing')).toBe('What does “NDA guide” say about “Signing”?');
    expect(ask('NDA guide', 'When visitors sign')).toContain('“When visitors sign”');
    expect(ask('Sekretess', 'När gäster kommer', 'sv')).toBe(
      'Vad står det i ”Sekretess” om ”När gäster kommer”?',
    );
    expect(ask('案内', '休暇の申請', 'ja')).toContain('休暇の申請');
  });

  it('is never about the document itself, however its heading writes the title', () => {
    const title = 'About Norrsund Instruments, public text';
    for (const heading of [
      title,
      'ABOUT NORRSUND INSTRUMENTS, PUBLIC TEXT',
      'About Norrsund Instruments – public text.',
    ])
      expect(ask(title, heading)).toBeUndefined();
    expect(ask('Café rules', 'CAFE\u0301 RULES')).toBeUndefined();
  });

  it('is about something: words that only ask or join name nothing', () => {
    for (const heading of ['When', 'Who?', 'When to use it', 'How'])
      expect(ask('NDA guide', heading)).toBeUndefined();
    expect(ask('Leitfaden', 'Wann', 'de')).toBeUndefined();
    expect(ask('Guide', 'Pourquoi ?', 'fr')).toBeUndefined();
  });
});
