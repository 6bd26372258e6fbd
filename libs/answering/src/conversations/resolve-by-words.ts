import type { Antecedent, FollowUp } from './follow-up.js';
import type { FollowUpWords, ReferringWords } from './languages/follow-up-words.js';
import { namesIn } from './wording.js';

const LONGEST_FRAGMENT = 8;
const LONGEST_UNSURE = 3;
const MOST_READINGS = 3;

/** The words of a language as patterns; made once. */
interface Patterns {
  readonly words: FollowUpWords;
  readonly opener: RegExp;
  readonly joiner: RegExp;
  readonly asking: RegExp;
  readonly phrase: RegExp;
  readonly article: RegExp;
  readonly expletive: RegExp;
  readonly verb: RegExp;
  readonly saysNothing: ReadonlySet<string>;
}

const made = new Map<FollowUpWords, Patterns>();

/** Reads a question in the light of the one before by the words of a language; undefined where it stands by itself. */
export function resolveByWords(
  question: string,
  before: Antecedent,
  words: FollowUpWords,
): FollowUp | undefined {
  const patterns = patternsOf(words);
  const { rest, isOpened } = open(question, patterns);
  const previous = bare(before.text);
  const topic = topicOf(previous, patterns);
  const referred = refer(rest, patterns, thingsOf(before, previous, topic));
  if (referred) return { sure: true, texts: distinct(referred) };
  if (isFragment(rest, isOpened, patterns))
    return { sure: true, texts: distinct(complete(rest, previous, topic, patterns)) };
  const telling = tellingWords(rest, patterns);
  if (telling === 0) return { sure: true, texts: [`${rest}${words.about} ${topic}?`] };
  // "¿Cuándo caduca?": a verb that is not known here may be all that it says.
  const isShort = telling === 1 && wordsOf(rest).length <= LONGEST_UNSURE && patterns.asking.test(rest);
  return isShort || (isOpened && telling <= 2) ? { sure: false, texts: [`${rest} ${topic}?`] } : undefined;
}

function patternsOf(words: FollowUpWords): Patterns {
  const known = made.get(words);
  if (known) return known;
  const prepositions = anyOf([...words.prepositions, ...words.ties]);
  const patterns = {
    words,
    opener: new RegExp(`^(?:${anyOf(words.openers)})(?![\\p{L}\\p{N}])[\\s,]*`, 'iu'),
    joiner: new RegExp(`^(?:${anyOf(words.joiners)})(?![\\p{L}\\p{N}])[\\s,]*`, 'iu'),
    asking: new RegExp(
      `^(?:(?:${prepositions})\\s+){0,2}(?:${anyOf(words.asking)})(?![\\p{L}\\p{N}])\\s*`,
      'iu',
    ),
    phrase: new RegExp(`^(${prepositions})\\s+(.+)$`, 'iu'),
    article: new RegExp(`^(?:${anyOf(words.articles)})\\s+`, 'iu'),
    expletive: new RegExp(whole(anyOf(words.expletives)), 'iu'),
    verb: new RegExp(whole(anyOf(words.verbs)), 'iu'),
    saysNothing: new Set(
      [words.verbs, words.small, words.articles, words.prepositions, words.ties, words.asking, words.joiners]
        .flat()
        .flatMap((phrase) => phrase.split(' ')),
    ),
  };
  made.set(words, patterns);
  return patterns;
}

/** Alternatives, longest first. */
function anyOf(phrases: readonly string[]): string {
  const escaped = [...phrases]
    .sort((a, b) => b.length - a.length)
    .map((phrase) => phrase.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ /g, '\\s+'));
  return escaped.join('|');
}

const whole = (pattern: string): string => `(?<![\\p{L}\\p{N}])(?:${pattern})(?![\\p{L}\\p{N}])`;
const bare = (text: string): string =>
  text
    .trim()
    .replace(/^[¿¡\s]+/u, '')
    .replace(/[?!.\s]+$/u, '');
const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].slice(0, MOST_READINGS);

function open(question: string, { opener, joiner }: Patterns): { rest: string; isOpened: boolean } {
  const asked = bare(question);
  const rest = bare(asked.replace(joiner, '').replace(opener, '').replace(joiner, ''));
  return rest === '' ? { rest: asked, isOpened: false } : { rest, isOpened: rest.length < asked.length };
}

/** How many words of it say what it is about. */
const tellingWords = (text: string, { saysNothing }: Patterns): number =>
  wordsOf(text).filter((word) => !saysNothing.has(word.toLowerCase())).length;

function isFragment(rest: string, isOpened: boolean, patterns: Patterns): boolean {
  if (wordsOf(rest).length > LONGEST_FRAGMENT || patterns.verb.test(rest)) return false;
  if (isOpened || patterns.phrase.test(rest)) return true;
  return patterns.asking.test(rest) && tellingWords(rest, patterns) <= 1;
}

/** What a question is about: itself without what asks, and without verbs that say nothing. */
function topicOf(previous: string, patterns: Patterns): string {
  const { rest } = open(previous, patterns);
  const { verbs, small } = patterns.words;
  const empty = new RegExp(`^(?:${anyOf([...verbs, ...small])})(?![\\p{L}\\p{N}])[\\s-]*`, 'iu');
  let topic = rest.replace(patterns.asking, '');
  for (let shorter = topic.replace(empty, ''); shorter !== topic && shorter !== '';) {
    topic = shorter;
    shorter = topic.replace(empty, '');
  }
  const ending = new RegExp(`\\s+(?:${anyOf(verbs)})$`, 'iu');
  return topic.replace(ending, '');
}

interface Things {
  readonly topic: string;
  readonly name: string | undefined;
  readonly quoted: string | undefined;
}

const thingsOf = (before: Antecedent, previous: string, topic: string): Things => ({
  topic,
  name: namesIn(previous).at(-1)?.text,
  quoted: before.borrowed.find(({ text }) => !before.text.includes(text))?.text,
});

function refer(rest: string, patterns: Patterns, things: Things): string[] | undefined {
  if (patterns.expletive.test(rest)) return undefined;
  for (const reference of patterns.words.references) {
    const found = find(rest, reference, patterns);
    if (found)
      return inOrder(reference, things).map(
        (thing) => `${found.lead}${put(reference, found, thing)}${found.after}?`,
      );
  }
  return undefined;
}

// A place and what is somebody's go with a name first; anything else with what was asked about.
function inOrder({ kind }: ReferringWords, { topic, name, quoted }: Things): string[] {
  const order = kind === 'whose' || kind === 'place' ? [name, topic, quoted] : [topic, name, quoted];
  return order.filter((thing): thing is string => thing !== undefined && thing !== '');
}

interface Found {
  readonly lead: string;
  readonly word: string;
  readonly after: string;
}

function find(rest: string, reference: ReferringWords, patterns: Patterns): Found | undefined {
  const match = patternOf(reference).exec(lowerFirst(rest));
  if (!match) return undefined;
  const word = match[1] ?? '';
  const lead = rest.slice(0, match.index);
  const after = rest.slice(match.index + match[0].length);
  if (patterns.words.times.includes(word.toLowerCase())) return undefined;
  // "Das Formular": an article, not a word that stands for something.
  if (word === '' && isArticle(match[0], after, patterns)) return undefined;
  // The question itself says what the word stands for.
  return tellingWords(lead, patterns) > (takesNext(reference) ? 0 : 1) ? undefined : { lead, word, after };
}

const takesNext = ({ kind }: ReferringWords): boolean => kind === 'whose' || kind === 'which';

function patternOf(reference: ReferringWords): RegExp {
  const { words } = reference;
  const takes = takesNext(reference) ? '\\s+([\\p{L}\\p{M}\\p{N}-]+)' : '()';
  // What is joined by a hyphen stands inside a word; what is not stands apart.
  const starts = words[0]?.startsWith('-') ? '' : '(?<![\\p{L}\\p{N}-])';
  return new RegExp(`${starts}(?:${anyOf(words)})${takes}(?![\\p{L}\\p{N}])`, 'u');
}

const isArticle = (word: string, after: string, { words }: Patterns): boolean =>
  words.articles.includes(word.toLowerCase()) && /^\s+\p{Lu}/u.test(after);

const put = ({ as }: ReferringWords, { word }: Found, thing: string): string =>
  as.replace('{word}', word).replace('{}', () => thing);

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function complete(rest: string, previous: string, topic: string, patterns: Patterns): string[] {
  if (patterns.asking.test(rest)) return [`${rest}${patterns.words.about} ${topic}?`];
  const [, preposition = '', value = rest] = patterns.phrase.exec(rest) ?? [];
  const swapped = [
    preposition === '' ? undefined : swapPhrase(previous, preposition, value, patterns),
    swapName(previous, value, patterns),
  ].filter((text) => text !== undefined);
  const added = `${previous} ${preposition === '' ? `${patterns.words.for} ${rest}` : rest}`;
  return [...swapped, added].map((text) => `${text}?`);
}

// Of several phrases with a preposition the one that looks like the new value, with an article or without.
function swapPhrase(
  previous: string,
  preposition: string,
  value: string,
  { words, article }: Patterns,
): string | undefined {
  if (words.ties.includes(preposition.toLowerCase())) return undefined;
  const ends = anyOf([...words.prepositions, ...words.ties]);
  const same = new RegExp(
    `(?<![\\p{L}\\p{N}])(${anyOf([preposition])})\\s+((?:(?!(?<![\\p{L}\\p{N}])(?:${ends})(?![\\p{L}\\p{N}]))[^,])+?)(?=\\s+(?:${ends})(?![\\p{L}\\p{N}])|,|$)`,
    'giu',
  );
  const phrases = [...previous.matchAll(same)];
  const alike = phrases.filter(([, , held = '']) => article.test(held) === article.test(value));
  const chosen = alike.at(-1) ?? phrases.at(-1);
  if (!chosen) return undefined;
  const [all, kept = ''] = chosen;
  return `${previous.slice(0, chosen.index)}${kept} ${value}${previous.slice(chosen.index + all.length)}`;
}

// Where nouns have capitals an article tells a thing from a name: each takes the place of its like only.
function swapName(previous: string, value: string, { article, words }: Patterns): string | undefined {
  const [given = ''] = article.exec(value) ?? [];
  if (!/^(?:\p{Lu}|\S*\d)/u.test(value.slice(given.length))) return undefined;
  const before = new RegExp(`(?<![\\p{L}\\p{N}])(?:${anyOf(words.articles)})\\s+$`, 'iu');
  const alike = namesIn(previous)
    .map(({ text, start }) => {
      const [own = ''] = before.exec(previous.slice(0, start)) ?? [];
      return { own: own.toLowerCase(), start: start - own.length, end: start + text.length };
    })
    .filter(({ own }) => (own === '') === (given === ''));
  const chosen = alike.findLast(({ own }) => own === given.toLowerCase()) ?? alike.at(-1);
  return chosen && previous.slice(0, chosen.start) + value + previous.slice(chosen.end);
}
