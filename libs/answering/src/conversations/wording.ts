/** What the wording of questions is told apart by. Other languages than English have their plain openers only. */
export const PREPOSITION =
  'in|at|on|for|from|with|without|during|after|before|by|per|to|of|under|about|outside|inside|abroad|für|bei|mit|im|på|för|i|med|pour|avec|chez|en|para|con';

/** "And", "what about": what begins a follow-up. */
export const OPENER =
  /^(?:(?:and|but|so|okay|ok|then|or|also|und|aber|och|men|et|mais|y|pero)\b[\s,]*)?(?:(?:what|how)\s+about\b|(?:the\s+)?same\s+for\b|was\s+ist\s+mit\b|wie\s+ist\s+es\s+mit\b|vad\s+gäller\s+för\b|hur\s+är\s+det\s+med\b|qu['’]en\s+est-il\s+(?:de|pour)\b|qué\s+hay\s+de\b)[\s,]*/iu;
export const JOINER = /^(?:and|but|so|okay|ok|or|also|und|aber|och|men|et|mais|y|pero)\b[\s,]+/iu;

/** What asks: with its verb it can be taken away, and what is left is what the question is about. */
export const ASKING =
  /^(?:(?:in|from|above|below|on|within|at|until|by|since|under|over|to|for|after|before)\s+)?(?:how\s+(?:many|much|long|often|far|large|big|tight|quickly|fast|soon|early|late|old|high|deep|heavy|do|does|is|are)|what|which|whose|whom|who|when|where|why|how|wie\s?viele?|wie|was|wann|wo|wer|warum|hur\s+(?:många|mycket|länge|ofta)|hur|vad|var|när|vem|combien\s+de|combien|quand|où|qui|cuántos|cuántas|cuándo|dónde|quién)\b\s*/iu;
export const AUXILIARY =
  /^(?:is|are|was|were|do|does|did|can|could|may|might|must|should|shall|will|would|has|have|had|ist|sind|kostet|hat|haben|kann|muss|är|kan|har|ska|måste|est|sont|es|son)\b\s*/iu;
export const HAS_VERB =
  /\b(?:is|are|was|were|be|do|does|did|can|could|may|might|must|should|shall|will|would|has|have|had|get|gets|need|needs|ist|sind|hat|haben|kann|muss|wird|är|kan|har|ska|måste|est|sont|es|son|hay)\b/iu;

/** People of a kind, one of which can stand in another's place. */
export const KIND_OF_PEOPLE =
  /\b(?:all\s+)?(?:part-time\s+employees|employees?|staff|contractors?|consultants?|interns?|visitors?|guests?|managers?|engineers?|part-timers?|full-timers?|colleagues|customers?|suppliers?|shift\s+workers?|office\s+staff|field\s+staff|developers?|students?|researchers?|research\s+institutes?|new\s+(?:colleagues|hires))\b/iu;

/** Names and codes that do not begin their sentence. */
const NAME =
  /(?<=[\s(“"'])(?:\p{Lu}[\p{Lu}\p{N}]*-[\p{L}\p{N}-]*\p{N}[\p{L}\p{N}-]*|\p{Lu}[\p{L}\p{M}]+(?:-\p{L}+)*)(?:\s+(?:\p{Lu}[\p{L}\p{M}]+|\d{1,3}(?![\p{L}\p{N}.,%])))*/gu;
const NO_NAME =
  /^(?:I|SEK|EUR|USD|GB|PIN|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|May|June|July|August|September|October|November|December)\b/u;

/** Names in the order of the text, with where each begins. */
export function namesIn(text: string): { text: string; start: number }[] {
  return [...text.matchAll(NAME)]
    .filter(([name]) => !NO_NAME.test(name))
    .map((match) => ({ text: match[0], start: match.index }));
}

const MODAL = /\b(?:can|could|may|must|should|do|does|did|will|would)\s+(?:i|we|you|one)\b\s*/giu;
const SUBJECT_FOLLOWS =
  /^(?<asked>.+?)\s+(?:is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have|had)\s+(?<rest>.+)$/iu;
const DONE =
  /\s+(?:be\s+)?(?:\p{L}{3,}ed|kept|sent|held|paid|taken|made|open|valid|required|due|run|live|have|mean|cost|get)(?:\s+(?:again|each|every)\s+\p{L}+)?$/iu;

/** What a question is about: itself without what asks and what is done with it. */
export function topicOf(question: string): string {
  const asked = question
    .trim()
    .replace(/[?!.\s]+$/u, '')
    .replace(OPENER, '')
    .replace(JOINER, '')
    .replace(ASKING, '')
    .replace(MODAL, '');
  const plain = asked.replace(AUXILIARY, '');
  const { asked: noun = '', rest = '' } = (plain === asked && SUBJECT_FOLLOWS.exec(asked)?.groups) || {};
  if (noun === '') return plain.replace(DONE, '').trim();
  // "Lithium packs may be kept": the first part; "day is a certificate required": the second; else both.
  if (/^(?:be\b|\p{L}+ed\b|kept\b|held\b)/u.test(rest)) return noun;
  return (noun.includes(' ') ? `${noun} ${rest}` : rest).replace(DONE, '').trim();
}
