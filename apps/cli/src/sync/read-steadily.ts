import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { CliError } from '../failure.js';

const ATTEMPTS = 3;
const PAUSE_MS = 200;

/** The bytes of a file that did not change while it was read, without following a link. */
export async function readSteadily(path: string): Promise<{ bytes: Buffer; stamp: string }> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const before = await file.stat({ bigint: true });
      if (!before.isFile()) throw new CliError('It is no longer a file.');
      const bytes = await file.readFile();
      const after = await file.stat({ bigint: true });
      const isSame = before.size === after.size && before.mtimeNs === after.mtimeNs;
      if (isSame && BigInt(bytes.length) === after.size) {
        return { bytes, stamp: `${after.ino}-${after.size}-${after.mtimeNs}` };
      }
    } finally {
      await file.close();
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new CliError('It is still being written. It is tried again at the next look.');
}
