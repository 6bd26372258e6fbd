import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = (home: string): string => join(home, 'audit');

/** The Ed25519 key of this installation, made on first use (0600) under BELAY_HOME/audit. */
export function loadAuditKey(home: string): { privateKey: KeyObject; publicKey: KeyObject } {
  const path = join(folder(home), 'key.pem');
  mkdirSync(folder(home), { recursive: true, mode: 0o700 });
  if (!existsSync(path)) {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    try {
      writeFileSync(path, pem, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  const privateKey = createPrivateKey(readFileSync(path));
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

/** Keeps the newest checkpoint outside the database, so that a cut-off tail is found. */
export function writeAnchor(home: string, note: string): void {
  const path = join(folder(home), 'checkpoint');
  writeFileSync(`${path}.new`, note, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** The checkpoint kept by writeAnchor, if any. */
export function readAnchor(home: string): string | undefined {
  const path = join(folder(home), 'checkpoint');
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
