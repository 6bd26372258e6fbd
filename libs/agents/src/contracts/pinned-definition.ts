import { digestOf } from './canonical-json.js';

/** A tool as its server describes it, with every field that a model or a person could see. */
export type Definition = Readonly<Record<string, unknown>>;

const SEEN = [
  'name',
  'title',
  'description',
  'inputSchema',
  'outputSchema',
  'annotations',
  'icons',
  'execution',
  '_meta',
] as const;

/** The fields of a definition that are pinned; one that is not there is left out. */
export function pinned(tool: Record<string, unknown>): Definition {
  return Object.fromEntries(
    SEEN.filter((field) => tool[field] !== undefined).map((field) => [field, tool[field]]),
  );
}

/** The digest that a contract pins. */
export function definitionDigest(tool: Record<string, unknown>): string {
  return digestOf(pinned(tool));
}
