import { languageOfQuestion } from '@belay/retrieval';
import { findReference, type Reference } from './find-reference.js';
import type { Antecedent, FollowUp } from './follow-up.js';
import { GERMAN } from './languages/de.js';
import { SPANISH } from './languages/es.js';
import type { FollowUpWords } from './languages/follow-up-words.js';
import { FRENCH } from './languages/fr.js';
import { resolveByWords } from './resolve-by-words.js';
import {
  ASKING,
  HAS_VERB,
  JOINER,
  KIND_OF_PEOPLE,
  namesIn,
  OPENER,
  PREPOSITION,
  topicOf,
} from './wording.js';

const TABLES: Readonly<Record<string, FollowUpWords>> = { de: GERMAN, es: SPANISH, fr: FRENCH };
const LONGEST_FRAGMENT = 8;
const MOST_READINGS = 3;
const PHRASE = new RegExp(`^(${PREPOSITION})\\s+(.+)$`, 'iu');
const BARE = /^who\s+\p{L}+$/iu;
const WHO = /^who(?:m|se)?\b/iu;

/** Reads a question in the light of the one before; undefined where it stands by itself. */
export function resolveFollowUp(question: string, before: Antecedent): FollowUp | undefined {
  const words = TABLES[languageOfQuestion(`${before.text} ${question}`) ?? ''];
  if (words) return resolveByWords(question, before, words);
  const asked = question.trim().replace(/[?!.\s]+$/u, '');
  const opened = asked.replace(OPENER, '');
  const rest = opened.replace(JOINER, '');
  const isOpened = rest.length < asked.length && rest !== '';
  const reference = findReference(rest);
  if (reference) return { sure: true, texts: distinct(refer(rest, reference, before)) };
  if (isFragment(rest, isOpened)) return { sure: true, texts: distinct(complete(rest, before)) };
  if (isOpened && wordsOf(rest) <= 5) return { sure: false, texts: [`${rest} ${topicOf(before.text)}?`] };
  return undefined;
}

/** Whether a question only goes on with something: "And in Porto?". Without what went before it asks nothing. */
export function isContinuation(question: string): boolean {
  return continuedWith(question) !== undefined;
}

/** What a question goes on with: "in Porto", "sick leave"; undefined where it says something by itself. */
export function continuedWith(question: string): string | undefined {
  const asked = question
    .trim()
    .replace(/^[¿¡\s]+/u, '')
    .replace(/[?!.\s]+$/u, '');
  const rest = asked.replace(OPENER, '').replace(JOINER, '');
  return rest !== '' && rest.length < asked.length && isFragment(rest, true) ? rest : undefined;
}

const wordsOf = (text: string): number => text.split(/\s+/u).length;
const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].slice(0, MOST_READINGS);

// "In Porto", "how long", "contractors" after "what about": no clause of its own.
function isFragment(rest: string, isOpened: boolean): boolean {
  if (wordsOf(rest) > LONGEST_FRAGMENT) return false;
  if (BARE.test(rest)) return true;
  if (HAS_VERB.test(rest)) return false;
  return isOpened || PHRASE.test(rest) || isOnlyAsking(rest);
}

// "Who founded the company": after "who" stands a verb, whose object makes it a clause.
const isOnlyAsking = (rest: string): boolean =>
  ASKING.test(rest) && wordsOf(rest.replace(ASKING, '') || 'x') <= (WHO.test(rest) ? 1 : 3);

function complete(rest: string, before: Antecedent): string[] {
  if (BARE.test(rest)) return [`${rest} ${topicOf(before.text)}?`];
  const again = askedAgain(rest, before.text);
  if (again !== undefined) return complete(again, before);
  if (ASKING.test(rest)) return [`${rest}: ${topicOf(before.text)}?`];
  const phrase = PHRASE.exec(rest);
  const value = phrase?.[2] ?? rest;
  const previous = before.text.replace(/[?!.\s]+$/u, '');
  const swapped = [
    phrase && swapPhrase(previous, phrase[1] ?? '', value),
    swapName(previous, value),
    swapPeople(previous, value),
  ].filter((text) => typeof text === 'string');
  const added = `${previous} ${phrase ? rest : `for ${value}`}`;
  return [...swapped, added].map((text) => `${text}?`);
}

// "How many in Porto" after "how many days …": only the place is new.
function askedAgain(rest: string, previous: string): string | undefined {
  const asking = ASKING.exec(rest)?.[0] ?? '';
  const isSame = asking !== '' && previous.toLowerCase().startsWith(asking.trim().toLowerCase());
  const again = rest.slice(asking.length).trim();
  return isSame && again !== '' ? again : undefined;
}

function swapPhrase(previous: string, preposition: string, value: string): string | undefined {
  const same = new RegExp(
    `\\b(${preposition})\\s+(?:(?!\\b(?:${PREPOSITION})\\b)[^,])+?(?=\\s+(?:${PREPOSITION})\\b|$)`,
    'iu',
  );
  // "of" and "to" tie a phrase to its head: they hold no place that another thing could take.
  if (/^(?:of|to|by|about)$/iu.test(preposition) || !same.test(previous)) return undefined;
  return previous.replace(same, (_, kept: string) => `${kept} ${value}`);
}

function swapName(previous: string, value: string): string | undefined {
  const isName = /^(?:the\s+)?(?:\p{Lu}|\S*\d)/u.test(value);
  const last = namesIn(previous).at(-1);
  if (!isName || last === undefined) return undefined;
  const lead = previous.slice(0, last.start);
  const isDoubled = /^the\s/iu.test(value) && /\bthe\s$/iu.test(lead);
  return (
    lead +
    (isDoubled ? value.slice(4) : value) +
    withoutSaid(previous.slice(last.start + last.text.length), value)
  );
}

// "Ocean tier customers" and "Coast tier customers": what the new name brings along is not said twice.
function withoutSaid(after: string, value: string): string {
  const said = new Set(value.toLowerCase().split(/\s+/u));
  const [, next = '', rest = ''] = /^\s+(\S+)(.*)$/su.exec(after) ?? [];
  return said.has(next.toLowerCase()) ? withoutSaid(rest, value) : after;
}

function swapPeople(previous: string, value: string): string | undefined {
  if (!KIND_OF_PEOPLE.test(value) || !KIND_OF_PEOPLE.test(previous)) return undefined;
  return previous.replace(KIND_OF_PEOPLE, () => value);
}

/** What a word may stand for: names first where it speaks of somebody or of what is somebody's, else the topic. */
function refer(rest: string, reference: Reference, before: Antecedent): string[] {
  const name = namesIn(before.text).at(-1)?.text;
  const quoted = before.borrowed.find(({ text }) => !before.text.includes(text))?.text;
  const topic = topicOf(before.text);
  const things = {
    person: [quoted, name, topic],
    'person-whose': [quoted, name, topic],
    whose: [name, topic, quoted],
    place: [name, topic, quoted],
    thing: [topic, name, quoted],
    which: [topic, name, quoted],
  }[reference.kind];
  return things
    .filter((thing) => thing !== undefined && thing !== '')
    .map((thing) => put(rest, reference, thing ?? ''));
}

const SHORT_THING = 4;

function put(rest: string, { kind, start, end }: Reference, thing: string): string {
  const lead = rest.slice(0, start);
  const after = rest.slice(end);
  const bare = thing.replace(/^(?:the|an?|our|my)\s+/iu, '');
  const isShort = bare.split(/\s+/u).length <= SHORT_THING;
  if (kind === 'place') return `${lead}at ${thing}${after}?`;
  if (kind === 'which') return `${lead}the${after} of ${thing}?`;
  if (kind === 'thing' || kind === 'person') return `${lead}${thing}${after}?`;
  return isShort ? `${lead}the ${bare}${after}?` : `${lead}the${after} of ${thing}?`;
}
