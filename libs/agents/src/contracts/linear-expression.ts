import { RE2JS } from 're2js';

const LONGEST = 2000;
const MOST_PARTS = 10_000;
const A_PART = 2;
// Quoted text, an escaped character, a class, how often the former stands, flags, a group, or any character.
const TOKEN =
  /\\Q[^]*?(?:\\E|$)|\\[^]|\[\^?\]?(?:\[:[^\]]*:\]|\\[^]|[^\]\\])*\]|\{(\d+)(,?)(\d*)\}|\(\?[\w-]*\)|[()]|[^]/gu;

/** How many parts may still be compiled. */
export interface PartsLeft {
  parts: number;
}

/**
 * A regular expression of a contract, a playbook or a server. It runs in time linear to the text (RE2), whatever it looks
 * like. Throws, before anything is compiled, where it is longer or repeats more than is ever needed, or
 * more than is left for all of a document.
 */
export function linearExpression(source: string, left?: PartsLeft): RE2JS {
  const translated = RE2JS.translateRegExp(source);
  if (source.length > LONGEST) throw new Error(`an expression has more than ${LONGEST} characters.`);
  const parts = partsOf(translated);
  if (parts > MOST_PARTS)
    throw new Error(`an expression repeats more than ${MOST_PARTS} parts: ask for fewer repetitions.`);
  if (left && (left.parts -= parts) < 0)
    throw new Error('its expressions repeat too much together: ask for fewer repetitions.');
  return RE2JS.compile(translated);
}

interface Group {
  /** Parts before the last thing in it, and those of that one. */
  before: number;
  last: number;
}

/** About how many parts a program of RE2 has for an expression, with everything that it repeats written out. */
export function partsOf(expression: string): number {
  let group: Group = { before: 0, last: 0 };
  const outer: Group[] = [];
  for (const [token, least, comma, most] of expression.matchAll(TOKEN)) {
    if (token === '(') {
      outer.push(group);
      group = { before: 0, last: 0 };
    } else if (token === ')') {
      const inner = group;
      group = outer.pop() ?? { before: 0, last: 0 };
      add(group, inner.before + inner.last + A_PART);
    } else if (least !== undefined) group.last *= timesOf(least, comma, most);
    else addToken(group, token);
  }
  // What is left open is no expression.
  return [...outer, group].reduce((sum, { before, last }) => sum + before + last, 0);
}

function timesOf(least: string, comma = '', most = ''): number {
  return Math.max(1, most === '' ? Number(least) + comma.length : Number(most));
}

function addToken(group: Group, token: string): void {
  // What follows flags is about what is before them.
  if (token.startsWith('(?')) return;
  if ('*+?'.includes(token)) group.last += A_PART;
  else add(group, token.startsWith('\\Q') ? token.length * A_PART : A_PART);
}

function add(group: Group, parts: number): void {
  group.before += group.last;
  group.last = parts;
}
