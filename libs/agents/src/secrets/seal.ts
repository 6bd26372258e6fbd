import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { DomainError } from '@belay/errors';

const CIPHER = 'aes-256-gcm';
const [NONCE_BYTES, TAG_BYTES] = [12, 16];

/** A text that only whoever has the key can read, and only as what it was sealed for: nonce, tag, ciphertext. */
export function seal(key: Buffer, text: string, purpose: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(purpose));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** The text again. Throws `peers.refused` where key, purpose or bytes are others. */
export function unseal(key: Buffer, sealed: Buffer, purpose: string): string {
  const [nonce, tag] = [
    sealed.subarray(0, NONCE_BYTES),
    sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES),
  ];
  try {
    const cipher = createDecipheriv(CIPHER, key, nonce).setAAD(Buffer.from(purpose)).setAuthTag(tag);
    return cipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + cipher.final('utf8');
  } catch (cause) {
    throw new DomainError(
      'peers.refused',
      'A secret cannot be opened with the key in BELAY_HOME. Set it again.',
      {
        cause,
      },
    );
  }
}
