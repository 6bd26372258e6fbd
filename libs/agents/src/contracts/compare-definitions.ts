import { type DefinitionChange, showUnseen } from '@belay/contracts';
import { canonicalJson } from './canonical-json.js';
import { asToken } from './schema-at.js';

const MOST_CHANGES = 200;
const LONGEST = 500;

/**
 * What differs between two JSON values, by JSON Pointer; characters that cannot be seen are written out. A text that
 * JSON cannot hold, such as half of a surrogate pair, is another one.
 */
export function compareDefinitions(was: unknown, is: unknown): DefinitionChange[] {
  const changes: DefinitionChange[] = [];
  compare(was, is, '', changes);
  return changes;
}

function compare(was: unknown, is: unknown, at: string, changes: DefinitionChange[]): void {
  if (changes.length >= MOST_CHANGES || text(was) === text(is)) return;
  if (!isObject(was) || !isObject(is)) {
    changes.push({ at: showUnseen(at), was: show(was), is: show(is) });
    return;
  }
  for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) {
    compare(was[key], is[key], `${at}/${asToken(key)}`, changes);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string | undefined => (value === undefined ? undefined : canonicalText(value));

function canonicalText(value: unknown): string {
  try {
    return canonicalJson(value);
  } catch {
    // With halves of surrogates written out; no canonical text has those.
    return JSON.stringify(value);
  }
}

function show(value: unknown): string | null {
  if (value === undefined) return null;
  const shown = showUnseen(typeof value === 'string' ? value : canonicalText(value));
  // Half of a pair is nothing that the database takes.
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST).replace(/\p{Surrogate}$/u, '')}…` : shown;
}
