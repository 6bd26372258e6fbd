import type { Peer } from '@belay/contracts';
import { Document, type YAMLMap } from 'yaml';
import { guessSinks } from './guess-sinks.js';
import type { JsonSchema } from './json-schema.js';
import { type Definition, definitionDigest } from './pinned-definition.js';

const ANY_OBJECT: JsonSchema = { type: 'object' };
const ONLY_TEXT: JsonSchema = {
  type: 'object',
  properties: { text: { type: 'string' } },
  required: ['text'],
  additionalProperties: false,
};

/**
 * A draft of a contract in YAML for a tool that a server offers. What its author alone can know is left empty, so that
 * the draft is refused until somebody has decided: above all what the tool does to the world. The server's own words
 * and hints are not taken over.
 */
export function scaffoldContract(peer: Peer, definition: Definition): string {
  const name = String(definition['name']);
  const schema = asSchema(definition['inputSchema']);
  const id = `${peer.id}.${
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '') || 'tool'
  }`;
  const document = new Document(
    {
      contract: id,
      version: '1.0.0',
      title: '',
      description: '',
      peer,
      tool: { name, definitionDigest: definitionDigest(definition) },
      input: { schema: { ...schema, additionalProperties: false }, sinks: guessSinks(schema, name) },
      output: {
        ...(definition['outputSchema'] === undefined
          ? { from: 'text', schema: ONLY_TEXT }
          : { from: 'structured', schema: asSchema(definition['outputSchema']) }),
        maxBytes: 65_536,
      },
      effect: { class: '', blast: { resource: peer.id, maxItems: 1, perDay: 50 } },
      idempotency: { mode: 'none' },
      limits: { rate: { calls: 10, per: 'minute' }, burst: 5, concurrency: 2, timeoutMs: 20_000 },
      budget: { cost: 1, maxPerRun: 5 },
      approval: { when: 'always', approvers: 1, separation: false, expiresMinutes: 30 },
      dryRun: { mode: 'simulate' },
    },
    { aliasDuplicateObjects: false },
  );
  const note = (path: string[], text: string): void => {
    const node = document.getIn(path, true) as { comment?: string } | undefined;
    if (node) node.comment = ` ${text}`;
  };
  note(['title'], 'What people read, in your words');
  const sinks = document.getIn(['input', 'sinks'], true) as YAMLMap;
  if (sinks.items.length > 0)
    sinks.commentBefore = ' What each argument decides; guessed by its name: look at each';
  note(['approval', 'when'], 'always | tainted | never: whether somebody allows each call first');
  note(['effect', 'class'], 'read | reversible | compensable | irreversible');
  return document.toString({ lineWidth: 0 });
}

// Words of a schema are the server's; a member of `properties` may have any of these names.
const WORDS = new Set([
  'title',
  'description',
  '$comment',
  'examples',
  'default',
  'deprecated',
  'readOnly',
  'writeOnly',
]);
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);
const VALUES = new Set(['const', 'enum', 'required', 'type', 'dependentRequired']);

function withoutWords(node: unknown, areNames = false): unknown {
  if (Array.isArray(node)) return node.map((child) => withoutWords(child));
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(([key]) => areNames || !WORDS.has(key));
  return Object.fromEntries(
    kept.map(([key, child]) => [
      key,
      !areNames && VALUES.has(key) ? child : withoutWords(child, !areNames && NAMED.has(key)),
    ]),
  );
}

const asSchema = (value: unknown): JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (withoutWords(value) as JsonSchema)
    : ANY_OBJECT;
