/** A word of a question that stands for something said before. */
export interface Reference {
  readonly kind: 'thing' | 'whose' | 'person' | 'person-whose' | 'place' | 'which';
  readonly start: number;
  readonly end: number;
}

const TIMES =
  'year|month|week|quarter|day|morning|afternoon|evening|summer|winter|spring|autumn|time|way|company|page|application|app';
const FOLLOWS = `is|are|was|were|cost|costs|take|takes|taken|happen|happens|apply|applies|work|works|change|include|cover|mean|valid|due|allowed|done|paid|too|as|in|at|on|by|from|for|with|before|after|be|kept|used|stored`;
// First match wins. A demonstrative before a noun points back at the question, "this year" does not.
const WORDS: readonly (readonly [Reference['kind'], RegExp])[] = [
  ['person', /\b(?:he|she|him)\b/iu],
  ['person-whose', /\b(?:his|her)\b(?=\s+\p{L})/iu],
  ['person', /\bher\b/iu],
  ['whose', /\b(?:its|their)\b(?=\s+\p{L})/iu],
  ['thing', /\b(?:they|them)\b/iu],
  [
    'thing',
    /\b(?:those|these)\b(?=\s+(?:is|are|was|were|[\p{L}]+ed|be|go|come|cost|take|need|have|get|last|apply|kept|held|sent|paid|made)\b|\s*$|\s+(?:in|at|on|by|from|for|with|before|after|when|if)\b)/iu,
  ],
  ['thing', new RegExp(`\\b(?:that|this)\\b(?=\\s*$|\\s+(?:${FOLLOWS})\\b)`, 'iu')],
  ['which', new RegExp(`\\b(?:that|those|these|this)\\b(?=\\s+(?!(?:${TIMES})\\b)\\p{L})`, 'iu')],
  ['thing', /\bit\b/iu],
  ['place', /\bthere\b(?=\s*$)/iu],
];
const EMPTY_THERE = /\b(?:there\s+(?:is|are|was|were|be)|(?:is|are|was|were)\s+there)\b/iu;
// "Does it take long to get a laptop": the word points forward.
const POINTS_FORWARD = /\bit\b[^,]*\b(?:to|that|whether)\s+\p{L}+/iu;
const SMALL =
  /^(?:above|under|within|during|after|before|about|how|what|which|who|whom|whose|when|where|why|is|are|was|were|do|does|did|can|could|may|might|must|should|shall|will|would|has|have|had|i|we|you|the|a|an|in|on|at|of|for|from|to|by|with|much|many|long|often|far|soon|quickly|old|big|large|and|until|since|not|also|then|get|need)$/iu;

/** Finds a word that stands for something said before, unless the question itself says what it stands for. */
export function findReference(question: string): Reference | undefined {
  for (const [kind, pattern] of WORDS) {
    const match = pattern.exec(question);
    if (!match) continue;
    if (match[0].toLowerCase() === 'it' && POINTS_FORWARD.test(question)) return undefined;
    if (kind === 'place' && EMPTY_THERE.test(question)) return undefined;
    if (saysItself(question.slice(0, match.index), kind)) return undefined;
    return { kind, start: match.index, end: match.index + match[0].length };
  }
  return undefined;
}

// "How do employees claim their costs": what stands for somebody has them before it. A verb after "who" is none.
function saysItself(lead: string, kind: Reference['kind']): boolean {
  const words = lead.trim().split(/\s+/u).filter(Boolean);
  const telling = words.filter((word, index) => {
    const before = words[index - 1] ?? '';
    return !SMALL.test(word) && !/^(?:who|what)$/iu.test(before);
  });
  const most = kind === 'whose' || kind === 'person-whose' || kind === 'person' ? 0 : 1;
  // "The form that people use" is no demonstrative.
  if (kind === 'which') return !SMALL.test(words.at(-1) ?? 'the');
  return kind !== 'place' && telling.length > most;
}
