import { analyzeQuery, analyzeText, findFunctionWords, type WeightedTerm } from '@belay/retrieval';

/** What kind of thing would answer a question, as far as its wording tells. */
export type AnswerType = 'number' | 'date' | 'who' | 'where' | 'why' | 'other';

/** One word of a question with its forms under the languages of the corpus. */
export interface QuestionWord {
  readonly forms: readonly string[];
  /** As it is written, in lower case. */
  readonly written: string;
  readonly idf: number;
  /** Written with a capital inside the question, or holding a digit. */
  readonly name: boolean;
}

/** A question as the features read it. */
export interface Question {
  readonly lowered: string;
  /** Where its joining words tell it. */
  readonly language: string | null;
  readonly type: AnswerType;
  /** Without those that only ask or join, unless there are no others. */
  readonly words: readonly QuestionWord[];
  readonly totalIdf: number;
  /** Whether it says anything of what it is about, besides words that only ask or join. */
  readonly isTelling: boolean;
}

// First match wins. Other languages have their plain question words only.
const TYPES: readonly (readonly [AnswerType, RegExp])[] = [
  [
    'date',
    /\bwhen\b|\b(?:what|which)\s+(?:\w+\s+)?(?:year|date|day|month|decade|century|period)|\bwann\b|\bquand\b|\bcu[aá]ndo\b|\bquando\b/,
  ],
  [
    'number',
    /\bhow\s+(?:many|much|long|old|far|tall|large|big|often|fast|high|deep|wide)|\bpercent|\b(?:what|which)\s+(?:is|was|were|are)?\s*(?:the\s+)?(?:\w+\s+)?(?:number|population|amount|score|price|cost|limit|rate|age|size|fee|value|percentage|share|salary|budget|allowance|discount|pressure|temperature|speed|depth|height|width|weight|length|distance|capacity)\b|\bwie\s?viele?\b|\bcombien\b|\bcu[aá]nt[oa]s?\b|\bquant[iaeo]\b/,
  ],
  [
    'who',
    /\bwho(?:m|se)?\b|\b(?:what|which)\s+(?:person|people|player|president|king|queen|author|actor|singer)\b|\bwe[rmn]\b|\bqui[eé]n(?:es)?\b|^qui\b|^chi\b/,
  ],
  [
    'where',
    /\bwhere\b|\b(?:what|which)\s+(?:city|country|state|place|town|location|region|continent|area|building|island|river|street)\b|^wo\b|^où\b|\bd[oó]nde\b|^dove\b/,
  ],
  [
    'why',
    /\bwhy\b|\breason|\bwhat\s+(?:caused|causes)\b|\bwarum\b|\bwieso\b|\bpourquoi\b|\bpor\s?qu[eé]\b|\bperch[eé]\b/,
  ],
];

/** Reads a question with the weights that a search gave its terms. */
export function readQuestion(text: string, terms: readonly WeightedTerm[]): Question {
  const lowered = text.normalize('NFKC').toLowerCase();
  const names = nameTerms(text);
  const groups = new Map<number, WeightedTerm[]>();
  for (const term of terms) groups.set(term.word, [...(groups.get(term.word) ?? []), term]);
  const written = new Map(analyzeQuery(text, []).map(({ word, term }) => [word, term]));
  const all = [...groups].map(([word, group]) => questionWord(group, names, written.get(word)));
  const joining = findFunctionWords(text);
  const telling = all.filter((word) => !word.forms.every((form) => joining.terms.has(form)));
  const words = telling.length > 0 ? telling : all;
  return {
    lowered,
    language: joining.language,
    type: TYPES.find(([, pattern]) => pattern.test(lowered))?.[0] ?? 'other',
    words,
    totalIdf: words.reduce((sum, word) => sum + word.idf, 0),
    isTelling: telling.length > 0,
  };
}

// A word is as rare as its most frequent form: the other forms belong to other languages.
function questionWord(
  group: readonly WeightedTerm[],
  names: ReadonlySet<string>,
  written: string | undefined,
): QuestionWord {
  const forms = group.map((term) => term.term);
  return {
    forms,
    written: written ?? forms[0] ?? '',
    idf: Math.min(...group.map((term) => term.idf)),
    name: forms.some((form) => names.has(form) || /\p{N}/u.test(form)),
  };
}

function nameTerms(text: string): Set<string> {
  const capitalised = [...text.matchAll(/(?<=[\p{L}\p{N},'’)\s])(?<!^)\p{Lu}[\p{L}\p{N}\p{M}'’-]*/gu)];
  const joined = capitalised.map(([word]) => word).join(' ');
  return new Set(['', 'en'].flatMap((language) => [...analyzeText(joined, language).terms.keys()]));
}

/** The summed idf of the question's words that `has` finds. */
export function coverage(question: Question, has: (term: string) => boolean): number {
  return question.words.reduce((sum, word) => sum + (word.forms.some(has) ? word.idf : 0), 0);
}
