import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const Entry = z.object({ stamp: z.string(), id: z.string().nullable() });
const StateFile = z.object({ folder: z.string(), entries: z.record(z.string(), Entry) });

/** What one folder's sync has uploaded: only that is ever deleted by it. `id` is null where it was refused. */
export type SyncEntries = Map<string, z.infer<typeof Entry>>;

/** The memory of one folder, collection and place in it, in BELAY_HOME/sync, readable by its owner only. */
export class SyncState {
  readonly entries: SyncEntries;
  private readonly file: string;

  constructor(
    home: string,
    private readonly folder: string,
    target: readonly string[],
  ) {
    const name = createHash('sha256')
      .update(JSON.stringify([folder, ...target]))
      .digest('hex')
      .slice(0, 32);
    mkdirSync(join(home, 'sync'), { recursive: true, mode: 0o700 });
    this.file = join(home, 'sync', `${name}.json`);
    this.entries = new Map(Object.entries(this.read()));
  }

  /** Written beside and renamed, so that a crash leaves the former or the new state, never half of one. */
  save(): void {
    const text = JSON.stringify({ folder: this.folder, entries: Object.fromEntries(this.entries) });
    writeFileSync(`${this.file}.new`, text, { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }

  // A state that cannot be read is like none: everything is offered again, which the server recognises.
  private read(): z.infer<typeof StateFile>['entries'] {
    if (!existsSync(this.file)) return {};
    try {
      return StateFile.parse(JSON.parse(readFileSync(this.file, 'utf8'))).entries;
    } catch {
      return {};
    }
  }
}
