import { canonicalJson } from './canonical-json.js';
import { type Check, compileSchema, type JsonSchema } from './json-schema.js';

const MOST = 500;
const compiled = new Map<string, Check>();

/** The check of a schema, compiled once while it is in use. Throws as `compileSchema` does. */
export function checkOf(schema: JsonSchema, what: string): Check {
  const key = canonicalJson(schema);
  const check = compiled.get(key) ?? compileSchema(schema, what);
  // The least recently used one goes first.
  compiled.delete(key);
  compiled.set(key, check);
  for (const [oldest] of compiled) {
    if (compiled.size <= MOST) break;
    compiled.delete(oldest);
  }
  return check;
}
