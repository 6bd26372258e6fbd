import type { JsonSchema } from './json-schema.js';

const MOST_REFERENCES = 32;

/** The tokens of a JSON Pointer (RFC 6901). */
export function tokensOf(pointer: string): string[] {
  return pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A key as a token of a JSON Pointer. */
export const asToken = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/**
 * Whether a place is what a pointer names, or part of it. An index of the pointer stands for each of the list: what a
 * contract says of one element holds for all.
 */
export function isWithin(at: string, pointer: string): boolean {
  const tokens = tokensOf(at);
  const wanted = tokensOf(pointer);
  return wanted.length <= tokens.length && wanted.every((token, index) => isSame(token, tokens[index] ?? ''));
}

const isSame = (wanted: string, token: string): boolean =>
  wanted === token || (/^\d+$/.test(wanted) && /^\d+$/.test(token));

/** The value at a JSON Pointer; undefined where there is none. Only own members count. */
export function valueAt(value: unknown, pointer: string): unknown {
  return tokensOf(pointer).reduce<unknown>((node, token) => own(node, token), value);
}

/** The part of a schema that a value at `pointer` must fulfil, `$ref`s within the schema followed; undefined if none. */
export function schemaAt(schema: JsonSchema, pointer: string): JsonSchema | undefined {
  let node = resolve(schema, schema);
  for (const token of tokensOf(pointer)) {
    const items = /^\d+$/.test(token)
      ? (own(own(node, 'prefixItems'), token) ?? own(node, 'items'))
      : undefined;
    node = resolve(schema, own(own(node, 'properties'), token) ?? items);
  }
  return node;
}

function resolve(root: JsonSchema, node: unknown): JsonSchema | undefined {
  let found = node;
  for (let steps = 0; steps < MOST_REFERENCES; steps += 1) {
    const reference = own(found, '$ref');
    if (typeof reference !== 'string') return isSchema(found) ? found : undefined;
    found = reference.startsWith('#') ? valueAt(root, decodeURIComponent(reference.slice(1))) : undefined;
  }
  return undefined;
}

const own = (node: unknown, key: string): unknown =>
  typeof node === 'object' && node !== null && Object.hasOwn(node, key)
    ? (node as Record<string, unknown>)[key]
    : undefined;
const isSchema = (node: unknown): node is JsonSchema =>
  typeof node === 'object' && node !== null && !Array.isArray(node);

/** The JSON types that a schema allows by its `type`, `const` or `enum`; undefined where it does not say. */
export function typesOf(schema: JsonSchema | undefined): ReadonlySet<string> | undefined {
  if (!schema) return undefined;
  const { type } = schema;
  if (typeof type === 'string') return new Set([type]);
  if (Array.isArray(type)) return new Set(type.map(String));
  const values = 'const' in schema ? [schema['const']] : schema['enum'];
  return Array.isArray(values) ? new Set(values.map(typeOf)) : undefined;
}

/** The members that a schema demands. */
export function requiredOf({ required }: JsonSchema): string[] {
  return Array.isArray(required) ? required.map(String) : [];
}

/** Whether a value of any of these types is one of those that are wanted; nothing known of a type is one that may be. */
export function fitsTypes(given: ReadonlySet<string>, wanted: ReadonlySet<string> | undefined): boolean {
  if (!wanted || wanted.size === 0) return true;
  return [...given].every((type) => wanted.has(type) || (type === 'integer' && wanted.has('number')));
}

/** The JSON type of a value. */
export function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
