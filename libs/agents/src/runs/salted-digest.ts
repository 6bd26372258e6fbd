import { createHmac } from 'node:crypto';
import { canonicalJson } from '../contracts/canonical-json.js';

/** Names a value without saying it. */
export type DigestOf = (value: unknown) => string;

/**
 * Digests of one run's values: the same value has another one in every other run, and without the salt, which is
 * forgotten with the values, nobody finds a value by trying likely ones.
 */
export function saltedBy(salt: string): DigestOf {
  return (value) => `hmac-sha256:${createHmac('sha256', salt).update(canonicalJson(value)).digest('hex')}`;
}
