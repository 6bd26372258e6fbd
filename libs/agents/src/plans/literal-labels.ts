import type { Sink, ToolContract } from '@belay/contracts';
import { isWithin, schemaAt, tokensOf, typesOf } from '../contracts/schema-at.js';
import type { LiteralLabels } from '../runs/fill-arguments.js';
import type { Label } from '../runs/labels.js';

// Where upper and lower case make another thing.
const EXACT = new Set<Sink | undefined>(['path', 'url', 'identifier', 'query']);
const OPENING = /^[([{<"'“‘«‹„#$€£¥]+/u;
const CLOSING = /[)\]}>"'”’»›.,;:!?…]+$/u;
const MOST_WORDS = 20_000;

/**
 * The labels of what a planner wrote into the arguments of a call. It counts as the person's where
 *
 * - it stands in the person's own words: whole words that follow one another, in the same order. A word ends at white
 *   space, and may have brackets, quotation marks or a mark of punctuation around it. Part of a word never counts:
 *   neither "evil.example" of "anna@evil.example" nor "5" of "-5", "5%" or "T-5". Case counts in paths, addresses,
 *   identifiers and queries. A number is the number that a word is, without thousands or words for it.
 * - the contract itself lists it at that place (`enum`, `const`): whoever approved the contract allowed each.
 * - it is true, false or null where the schema asks for just that and the contract does not say that the place decides
 *   anything. The schema lists them as an `enum` would; where a sink is declared, a yes decides as a name does.
 *
 * Anything else is untrusted: also an empty text, list or object (for a path or a search it means "everything"), and
 * names of members that the schema does not list, which carry text as values do. `made` is the label of what the
 * planner could have it from; its readers and origins stay.
 */
export function labelLiterals(
  { input }: Pick<ToolContract, 'input'>,
  words: string,
  made: Label,
): LiteralLabels {
  const said = new Words(words);
  const label = (isTheirs: boolean): Label =>
    isTheirs && made.integrity === 'untrusted' ? { ...made, integrity: 'user' } : made;
  const sinkAt = (at: string): Sink | undefined => decidingSink(input.sinks, at);
  return {
    value: (literal, at) => {
      const schema = schemaAt(input.schema, at);
      const isListed = lists(schema, literal);
      const isStructure = sinkAt(at) === undefined && isOnlyStructure(typesOf(schema), literal);
      return label(isListed || isStructure || said.hold(literal, EXACT.has(sinkAt(at))));
    },
    names: (at) => {
      const tokens = tokensOf(at);
      const free = tokens.filter((_, depth) => {
        const place = `/${at
          .split('/')
          .slice(1, depth + 2)
          .join('/')}`;
        return schemaAt(input.schema, place) === undefined;
      });
      return label(free.every((name) => said.hold(name, true)));
    },
  };
}

/** What a place decides by the sinks of a contract: those of whatever it is part of, too. */
function decidingSink(sinks: ToolContract['input']['sinks'], at: string): Sink | undefined {
  const found = Object.entries(sinks).find(([pointer, sink]) => sink !== 'content' && isWithin(at, pointer));
  return found?.[1];
}

function lists(schema: Readonly<Record<string, unknown>> | undefined, literal: unknown): boolean {
  if (!schema || (typeof literal === 'object' && literal !== null)) return false;
  if ('const' in schema) return schema['const'] === literal;
  return Array.isArray(schema['enum']) && schema['enum'].includes(literal);
}

function isOnlyStructure(types: ReadonlySet<string> | undefined, literal: unknown): boolean {
  if (literal === null) return types?.has('null') === true;
  if (typeof literal !== 'boolean' || !types) return false;
  return types.has('boolean') && [...types].every((type) => type === 'boolean' || type === 'null');
}

/** Whether a literal stands in somebody's words, as it is. */
export const wasSaid = (words: string, literal: unknown): boolean => new Words(words).hold(literal, true);

/** What somebody wrote, word by word, each as it stands and without the marks around it. */
class Words {
  private readonly words: readonly ReadonlySet<string>[];

  constructor(text: string) {
    this.words = wordsOf(text)
      .slice(0, MOST_WORDS)
      .map((word) => {
        const opened = word.replace(OPENING, '');
        return new Set([word, opened, word.replace(CLOSING, ''), opened.replace(CLOSING, '')]);
      });
  }

  /** Whether a literal is among them, whole. */
  hold(literal: unknown, isExact: boolean): boolean {
    if (typeof literal === 'number') return this.holdNumber(literal);
    if (typeof literal !== 'string') return false;
    const wanted = wordsOf(literal);
    // Other white space than between words would be more than what was said.
    if (wanted.length === 0 || wanted.join(' ') !== literal.normalize('NFC')) return false;
    const same = isExact
      ? (word: string, of: ReadonlySet<string>) => of.has(word)
      : (word: string, of: ReadonlySet<string>) =>
          [...of].some((one) => one.toLowerCase() === word.toLowerCase());
    return this.words.some((_, start) =>
      wanted.every((word, index) => same(word, this.words[start + index] ?? new Set())),
    );
  }

  private holdNumber(literal: number): boolean {
    return this.words.some((forms) =>
      [...forms].some((word) => /^[+-]?\d{1,15}(\.\d{1,15})?$/.test(word) && Number(word) === literal),
    );
  }
}

const wordsOf = (text: string): string[] =>
  text
    .normalize('NFC')
    .split(/\s+/u)
    .filter((word) => word !== '');
