import type { Transaction } from '@belay/database';
import { DomainError, isDomainError } from '@belay/errors';
import { seal, unseal } from '../secrets/seal.js';
import { secretKey } from '../secrets/secret-key.js';

const SEALED = Buffer.from([1]);

/** Whose text it is: of a run, of one of its steps, or what an approval of a step says. */
export interface Place {
  readonly run: string;
  readonly step?: string;
  readonly part:
    | 'task'
    | 'nodes'
    | 'slots'
    | 'preview'
    | 'salt'
    | 'arguments'
    | 'result'
    | 'undo'
    | 'former'
    | 'answer'
    | 'approval';
}

/**
 * Seals what runs hold before it goes to the database, by the key in BELAY_HOME and bound to its tenant, run, step and
 * part: copied to another place it opens nothing.
 */
export class RunVault {
  private key: Buffer | undefined;

  /** @param home BELAY_HOME, where the key is */
  constructor(private readonly home: string) {}

  seal(tx: Transaction, place: Place, text: string): Buffer {
    this.key ??= secretKey(this.home);
    return Buffer.concat([SEALED, seal(this.key, text, purposeOf(tx, place))]);
  }

  /** The text again, or as it lay there before texts were sealed. Throws `storage.lost` where the key is another. */
  open(tx: Transaction, place: Place, stored: Buffer): string {
    if (stored[0] !== SEALED[0]) return stored.toString();
    this.key ??= secretKey(this.home);
    try {
      return unseal(this.key, stored.subarray(1), purposeOf(tx, place));
    } catch (cause) {
      throw new DomainError(
        'storage.lost',
        'What this run holds cannot be opened. Put the file secrets.key of BELAY_HOME back from its backup and start again.',
        { cause },
      );
    }
  }

  /** Null also where it was sealed for another place, or with another key. */
  openIfOurs(tx: Transaction, place: Place, stored: Buffer | null): string | null {
    try {
      return this.openIf(tx, place, stored);
    } catch (error) {
      if (isDomainError(error, 'storage.lost')) return null;
      throw error;
    }
  }

  /** The same of what may not be there. */
  openIf(tx: Transaction, place: Place, stored: Buffer | null): string | null {
    return stored === null ? null : this.open(tx, place, stored);
  }
}

function purposeOf({ tenant }: Transaction, { run, step = '', part }: Place): string {
  return JSON.stringify([tenant, run, step, part]);
}
