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
const MOST = 200;

/** The arguments of an input schema that decide something, by name, and texts as content; by JSON Pointer. */
export function guessSinks(schema: JsonSchema): Record<string, Sink> {
  const sinks: Record<string, Sink> = {};
  const visit = (node: unknown, at: string, depth: number): void => {
    const { properties } = (node ?? {}) as { properties?: Record<string, JsonSchema> };
    for (const [name, child] of Object.entries(properties ?? {})) {
      if (Object.keys(sinks).length >= MOST) return;
      const pointer = `${at}/${asToken(name)}`;
      const sink = sinkOf(name, child);
      if (sink) sinks[pointer] = sink;
      if (depth < 4) visit(child, pointer, depth + 1);
    }
  };
  visit(schema, '', 0);
  return sinks;
}

function sinkOf(name: string, schema: JsonSchema): Sink | undefined {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll('-', '_');
  const byName = NAMES.find(([pattern]) => pattern.test(words))?.[1];
  const { type } = schema;
  if (byName) return byName;
  return type === 'string' && !('enum' in schema) && !('const' in schema) ? 'content' : undefined;
}
