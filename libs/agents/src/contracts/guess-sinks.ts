import type { Sink } from '@belay/contracts';
import type { JsonSchema } from './json-schema.js';
import { asToken } from './schema-at.js';

// By the names that servers give to their arguments, first match. A guess is a proposal to the author of a contract.
const NAMES: readonly [RegExp, Sink][] = [
  [
    /(^|_)(to|cc|bcc|recipients?|e?mails?|assignees?|users?|channels?|phone|attendees?|owner|shared?_?with)($|_)/,
    'recipient',
  ],
  [/(^|_)(url|uri|href|link|endpoint|webhook|host|domain)s?($|_)/, 'url'],
  [/(^|_)(path|file|folder|directory|dir|source|destination|filename|cwd)s?($|_)/, 'path'],
  [/(^|_)(query|sql|filter|search|pattern|command|cmd|code|script|expression)($|_)/, 'query'],
  [/(^|_)(amount|price|sum|total|quantity|count|limit|currency)($|_)/, 'amount'],
  [/(^|_)(id|ids|key|number|account|iban|uuid|names?)($|_)/, 'identifier'],
];
const FORMATS: Readonly<Record<string, Sink>> = {
  email: 'recipient',
  'idn-email': 'recipient',
  uri: 'url',
  'uri-reference': 'url',
  iri: 'url',
  hostname: 'url',
  uuid: 'identifier',
};
// Tools that look for something, by their names: what they are given as a text is what is looked for.
const LOOKS = /(^|_)(search|find|query|look_?up|list|grep|match)(es|s)?($|_)/;
const WORDS_LOOKED_FOR = /(^|_)(text|term|keyword|phrase|word|q|contains|like|prefix|topic|subject)s?($|_)/;
const MOST = 200;

/**
 * What the arguments of an input schema decide, as their names and formats have it, by JSON Pointer; a text that says
 * neither is content, or what is searched for where the tool is one that searches.
 */
export function guessSinks(schema: JsonSchema, tool: string): Record<string, Sink> {
  const sinks: Record<string, Sink> = {};
  const isSearch = LOOKS.test(wordsOf(tool));
  const visit = (node: unknown, at: string, depth: number): void => {
    const { properties } = (node ?? {}) as { properties?: Record<string, JsonSchema> };
    for (const [name, child] of Object.entries(properties ?? {})) {
      if (Object.keys(sinks).length >= MOST) return;
      const pointer = `${at}/${asToken(name)}`;
      const sink = sinkOf(wordsOf(name), child, isSearch);
      if (sink) sinks[pointer] = sink;
      if (depth < 4) visit(child, pointer, depth + 1);
    }
  };
  visit(schema, '', 0);
  return sinks;
}

function sinkOf(words: string, { type, format, ...schema }: JsonSchema, isSearch: boolean): Sink | undefined {
  const byName = NAMES.find(([pattern]) => pattern.test(words))?.[1];
  if (byName) return byName;
  if (type !== 'string' || 'enum' in schema || 'const' in schema) return undefined;
  return FORMATS[String(format)] ?? (isSearch && WORDS_LOOKED_FOR.test(words) ? 'query' : 'content');
}

const wordsOf = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_');
