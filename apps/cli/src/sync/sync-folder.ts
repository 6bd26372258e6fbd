import { join } from 'node:path';
import { Accepted, DeletionReceipt } from '@belay/contracts';
import { CliError, EXIT, type ExitCode } from '../failure.js';
import { type ApiClient, ApiError } from '../http/api-client.js';
import { inParallel } from '../in-parallel.js';
import { type DeletionRules, planSync } from './plan-sync.js';
import { readSteadily } from './read-steadily.js';
import { scanFolder } from './scan-folder.js';
import type { SyncState } from './sync-state.js';

const WIDTH = 3;
const SAVE_EVERY = 25;
// No other file would fare better.
const ENDING: readonly ExitCode[] = [EXIT.unreachable, EXIT.forbidden];

export interface SyncTarget {
  readonly folder: string;
  readonly collection: string;
  /** A folder inside the collection. */
  readonly prefix: string;
  readonly rules: DeletionRules;
}

/** What one pass did. `accepted` are the ids to follow. */
export interface SyncOutcome {
  readonly accepted: readonly string[];
  readonly moved: number;
  readonly deleted: number;
  readonly failures: readonly { path: string; reason: string }[];
  readonly refusal: string | undefined;
}

/** Brings a collection to what a folder holds, one pass. What is done is remembered as it is done. */
export class FolderSync {
  private failures: { path: string; reason: string }[] = [];
  private accepted: string[] = [];
  private done = 0;

  constructor(
    private readonly client: ApiClient,
    private readonly target: SyncTarget,
    private readonly state: SyncState,
    private readonly say: (line: string) => void,
  ) {}

  async pass(): Promise<SyncOutcome> {
    [this.failures, this.accepted] = [[], []];
    const scan = await scanFolder(this.target.folder);
    const plan = planSync(scan, this.state.entries, this.target.rules);
    this.failures.push(...scan.unreadable);
    try {
      for (const { from, to } of plan.move) await this.attempt(to, () => this.move(from, to));
      await inParallel(plan.upload, WIDTH, (path) => this.attempt(path, () => this.upload(path)));
      for (const path of plan.remove) await this.attempt(path, () => this.remove(path));
    } finally {
      this.state.save();
    }
    return {
      accepted: this.accepted,
      moved: plan.move.length,
      deleted: plan.remove.length,
      failures: this.failures,
      refusal: plan.refusal,
    };
  }

  private async attempt(path: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof CliError && ENDING.includes(error.exitCode)) throw error;
      this.say(`! ${path}: ${(error as Error).message}`);
      this.failures.push({ path, reason: (error as Error).message });
    }
    this.done += 1;
    if (this.done % SAVE_EVERY === 0) this.state.save();
  }

  private async upload(path: string): Promise<void> {
    const { bytes, stamp } = await readSteadily(join(this.target.folder, path));
    const form = new FormData();
    form.set('collection', this.target.collection);
    form.set('path', this.place(path));
    form.set('file', new Blob([new Uint8Array(bytes)]), 'file');
    try {
      const sent = await this.client.call('documents', Accepted, { method: 'POST', form });
      const { id, unchanged, replaces } = sent;
      this.state.entries.set(path, { stamp, id });
      if (unchanged) return;
      this.accepted.push(id);
      this.say(`+ ${path}${replaces ? ' (a new version)' : ''}`);
    } catch (error) {
      // What the server refuses is offered again when it has changed, not at every look.
      if (
        error instanceof ApiError &&
        error.exitCode !== EXIT.unreachable &&
        error.exitCode !== EXIT.forbidden
      )
        this.state.entries.set(path, { stamp, id: this.state.entries.get(path)?.id ?? null });
      throw error;
    }
  }

  private async move(from: string, to: string): Promise<void> {
    const entry = this.state.entries.get(from);
    if (!entry?.id) return this.upload(to);
    const body = { path: this.place(to) };
    try {
      await this.client.run(`documents/${entry.id}/move`, { method: 'POST', body });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      this.state.entries.delete(from);
      return this.upload(to);
    }
    this.state.entries.delete(from);
    this.state.entries.set(to, entry);
    this.say(`> ${from} is now ${to}`);
  }

  private async remove(path: string): Promise<void> {
    const entry = this.state.entries.get(path);
    if (entry?.id) await this.delete(path, entry.id);
    this.state.entries.delete(path);
  }

  private async delete(path: string, id: string): Promise<void> {
    try {
      const receipt = await this.client.call(`documents/${id}`, DeletionReceipt, { method: 'DELETE' });
      this.say(`- ${path} (receipt ${receipt.leafId})`);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      this.say(`- ${path} (it was deleted before)`);
    }
  }

  private place(path: string): string {
    return this.target.prefix ? `${this.target.prefix}/${path}` : path;
  }
}
