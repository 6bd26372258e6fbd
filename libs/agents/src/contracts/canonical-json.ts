import { createHash } from 'node:crypto';

/**
 * The one text of a JSON value by RFC 8785 (JCS): keys in UTF-16 order, numbers and strings as ECMAScript writes
 * them. Throws TypeError for what JSON cannot hold: NaN, infinities, bigint, undefined, lone surrogates.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value === 'string') return canonicalText(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, member]) => `${canonicalText(key)}:${canonicalJson(member)}`).join(',')}}`;
  }
  throw new TypeError(`JSON cannot hold ${typeof value === 'number' ? value : typeof value}.`);
}

/** "sha256:" and the digest of the canonical text of a value, as hexadecimal. */
export function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
}

function canonicalText(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new TypeError('JSON text holds half of a surrogate pair.');
  return JSON.stringify(text);
}
