import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '@belay/errors';
import { z } from 'zod';
import { type HubReference, pathOf } from './hub-reference.js';

const Pin = z.object({
  /** The day on which these digests were seen first. */
  pinned: z.iso.date(),
  commit: z.string(),
  files: z.record(z.string(), z.string()),
});
type Pin = z.infer<typeof Pin>;

/** What the files of hub models hashed to when they were first pulled, whatever hub they came from. */
export class HubPins {
  private readonly path: string;
  private readonly pins: Record<string, Pin>;
  private readonly key: string;

  /** Throws if the list is there and cannot be read: then nothing is known to be what it was. */
  constructor(
    private readonly home: string,
    reference: HubReference,
  ) {
    this.path = join(home, 'hub-pins.json');
    this.key = `${pathOf(reference)}@${reference.revision}`;
    this.pins = existsSync(this.path) ? this.read() : {};
  }

  /** Throws `conflict` if this model was pulled before and this file of it was another one. */
  compare(name: string, sha256: string | undefined): void {
    const pin = this.pins[this.key];
    const known = pin?.files[name];
    if (pin === undefined || known === undefined || sha256 === undefined || known === sha256) return;
    throw new DomainError(
      'conflict',
      `${name} of ${this.key} is not the file that was pulled on ${pin.pinned} (commit ${pin.commit.slice(0, 12)}): its ` +
        `SHA-256 is ${sha256} instead of ${known}. Nothing was installed. If its makers say that they changed it, pull ` +
        'with --new-pin; or name the commit that you want with @COMMIT.',
    );
  }

  /** Keeps these digests from now on. */
  save(commit: string, files: Record<string, string>): void {
    const pinned = new Date().toISOString().slice(0, 10);
    const all = { ...this.pins, [this.key]: { pinned, commit, files } };
    mkdirSync(this.home, { recursive: true, mode: 0o700 });
    const part = `${this.path}.${process.pid}`;
    writeFileSync(part, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
    renameSync(part, this.path);
  }

  private read(): Record<string, Pin> {
    try {
      return z.record(z.string(), Pin).parse(JSON.parse(readFileSync(this.path, 'utf8')));
    } catch {
      throw new DomainError(
        'inference.invalid-model',
        `${this.path}, which says what models were when they were first pulled, cannot be read. Restore or delete it.`,
      );
    }
  }
}
