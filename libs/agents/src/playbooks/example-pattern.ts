import type { Playbook, Slot } from '@belay/contracts';
import { RE2JS } from 're2js';
import { type ExamplePart, partsOfExample } from './examples.js';
import { DAY_PATTERN } from './read-day.js';

/** An example as an expression in time linear to the text: where it fits, its groups are the values of slots. */
export interface ExamplePattern {
  readonly expression: RE2JS;
  /** The slot of each group, by the group's number. */
  readonly slots: ReadonlyMap<number, string>;
  /** Whether one word alone says where the value begins. */
  readonly isLoose: boolean;
}

const TYPED: Readonly<Partial<Record<Slot['type'], string>>> = {
  number: '[+-]?\\d+(?:\\.\\d+)?',
  email: '[^\\s@<>,;:"()]+@[^\\s@<>,;:"()]*[^\\s@<>,;:"().!?]',
  date: DAY_PATTERN,
};
const TOKEN = /[\p{L}\p{N}'-]+|[^\s\p{L}\p{N}]/gu;
const isWord = (token: string): boolean => /^[\p{L}\p{N}]/u.test(token);

/** What a value of a slot looks like within a text. */
export function patternOf({ type, pattern, choices = [] }: Slot): string {
  if (pattern !== undefined) return RE2JS.translateRegExp(pattern);
  if (type === 'choice') return `(?i:${choices.map((choice) => RE2JS.quote(choice)).join('|')})`;
  return TYPED[type] ?? (type === 'identifier' ? '\\S+?' : '.+?');
}

/**
 * The expressions of a playbook's examples that name a slot. Before the first slot, an example's last two words or its
 * last one must stand; between slots, all of its words; after the last, the sentence ends. Those with more slots and
 * more words come first; then the last slot of each by itself, for words in another order.
 */
export function examplePatterns({ examples, slots }: Pick<Playbook, 'examples' | 'slots'>): ExamplePattern[] {
  const groupsOf = groupCounter();
  const found = new Map<string, ExamplePattern & { readonly weight: number }>();
  for (const example of examples) {
    const parts = partsOfExample(example);
    if (parts.some((part) => 'slot' in part && slots[part.slot] === undefined)) continue;
    for (const [some, words] of variantsOf(parts)) {
      const { source, groups } = sourceOf(some, slots, words, groupsOf);
      const weight = (some === parts ? 100 : 0) + groups.size * 10 + words;
      if (groups.size > 0 && !found.has(source))
        found.set(source, {
          expression: RE2JS.compile(source, RE2JS.DOTALL),
          slots: groups,
          isLoose: words === 1,
          weight,
        });
    }
  }
  return [...found.values()].sort((a, b) => b.weight - a.weight);
}

function variantsOf(parts: ExamplePart[]): [ExamplePart[], number][] {
  const [former, last] = parts.slice(-2);
  const ending = former && last && 'words' in former && 'slot' in last ? [former, last] : [];
  return [
    [parts, 2],
    [parts, 1],
    [ending, 2],
    [ending, 1],
  ];
}

/** How many groups a pattern has; each is compiled once. */
function groupCounter(): (pattern: string) => number {
  const known = new Map<string, number>();
  return (pattern) => {
    const count = known.get(pattern) ?? RE2JS.compile(pattern).groupCount();
    known.set(pattern, count);
    return count;
  };
}

function sourceOf(
  parts: readonly ExamplePart[],
  slots: Playbook['slots'],
  words: number,
  groupsOf: (pattern: string) => number,
): { source: string; groups: Map<number, string> } {
  const groups = new Map<number, string>();
  let next = 1;
  let source = '^';
  parts.forEach((part, index) => {
    if ('words' in part) {
      const tokens = part.words.match(TOKEN) ?? [];
      source += index === 0 ? opening(tokens.slice(-words)) : literal(tokens);
      return;
    }
    const slot = slots[part.slot];
    if (!slot) return;
    const pattern = patternOf(slot);
    source += `${gapAfter(parts[index - 1])}(${pattern})${gapBefore(parts[index + 1])}`;
    groups.set(next, part.slot);
    next += 1 + groupsOf(pattern);
  });
  return { source: `${source}[\\s,;]*(?:[.!?]+(?:\\s.*)?)?$`, groups };
}

// Marks may follow a word at once; a word begins after white space or a mark.
function opening(tokens: readonly string[]): string {
  return `(?:.*?${isWord(tokens[0] ?? '') ? '[\\s(,;:]' : ''})?${literal(tokens)}`;
}

function literal(tokens: readonly string[]): string {
  return tokens
    .map((token, index) => {
      const former = tokens[index - 1];
      const gap = former === undefined ? '' : isWord(token) && isWord(former) ? '\\s+' : '\\s*';
      return `${gap}(?i:${RE2JS.quote(token)})`;
    })
    .join('');
}

const tokensOf = (part: ExamplePart | undefined): string[] =>
  part && 'words' in part ? (part.words.match(TOKEN) ?? []) : [];

function gapAfter(part: ExamplePart | undefined): string {
  if (!part) return '';
  return isWord(tokensOf(part).at(-1) ?? 'a') ? '\\s+' : '\\s*';
}

// Between two slots, the second one has the white space.
function gapBefore(part: ExamplePart | undefined): string {
  const [first] = tokensOf(part);
  if (first === undefined) return '';
  return isWord(first) ? '\\s+' : '\\s*';
}
