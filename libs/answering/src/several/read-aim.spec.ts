import { describe, expect, it } from '@jest/globals';
import { readAim } from './read-aim.js';

describe('what a question wants', () => {
  it.each([
    ['Which documents mention the wave tank?', 'the wave tank'],
    ['Which policies mention "Skerry portal"?', 'Skerry portal'],
    ['What documents talk about parental leave?', 'parental leave'],
    ['List all runbooks that cover certificate rotation', 'certificate rotation'],
    ['Show me our contracts about the Halifax lease.', 'the Halifax lease'],
    ['Are there any guides on the topic of phishing?', 'phishing'],
    ['Where is the deploy key mentioned?', 'the deploy key'],
    ['Welche Dokumente erwähnen die Kalibrierung?', 'die Kalibrierung'],
    ['Vilka dokument nämner batteriet?', 'batteriet'],
    ['Quels documents mentionnent le congé parental ?', 'le congé parental'],
    ['¿Qué documentos mencionan la garantía?', 'la garantía'],
  ])('%s asks for documents', (question, topic) => {
    expect(readAim(question)).toEqual({ kind: 'documents', topic });
  });

  it.each([
    [
      'Compare the vacation rules in Porto and Halifax',
      'the vacation rules in Porto',
      'the vacation rules in Halifax',
    ],
    [
      'What is the difference between the warranty of Tidewell 4 and Driftnode 2?',
      'the warranty of Tidewell 4',
      'the warranty of Driftnode 2',
    ],
    [
      'What are the differences in response time between gold and bronze?',
      'response time gold',
      'response time bronze',
    ],
    ['Compare Gothenburg and Porto meeting rooms', 'Gothenburg meeting rooms', 'Porto meeting rooms'],
    ['Compare the Coast and the Ocean support tiers', 'Coast support tiers', 'Ocean support tiers'],
    ['compare sick leave and vacation', 'sick leave', 'vacation'],
    ['How does sick leave differ from parental leave?', 'sick leave', 'parental leave'],
    ['Tidewell 4 vs Driftnode 2', 'Tidewell 4', 'Driftnode 2'],
    ['Compare travel to Porto and Halifax', 'travel to Porto', 'travel to Halifax'],
  ])('%s compares', (question, first, second) => {
    const aim = readAim(question);
    expect(aim.kind === 'comparison' && aim.sides.map((side) => side.question)).toEqual([first, second]);
  });

  it.each([
    'How many vacation days do employees get?',
    'Which document must be signed before an export?',
    'Which policy is valid from 1 January 2025?',
    'Who approves documents about safety?',
    'What is our ticket policy?',
    'What covers the battery?',
    'Where is the wave tank?',
    '',
    '?',
    'compare',
    'documents about',
  ])('%p asks for sentences', (question) => {
    expect(readAim(question)).toEqual({ kind: 'quotes' });
  });

  it('ends on a hostile question', () => {
    const hostile = [
      `compare ${'a and '.repeat(400)}`,
      `which ${'documents '.repeat(200)}mention`,
      'list '.repeat(400),
    ];
    for (const text of hostile) expect(['quotes', 'comparison', 'documents']).toContain(readAim(text).kind);
  });
});
