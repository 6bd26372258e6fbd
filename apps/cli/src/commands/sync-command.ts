import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig } from '@belay/config';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import type { ApiClient } from '../http/api-client.js';
import type { DeletionRules } from '../sync/plan-sync.js';
import { FolderSync } from '../sync/sync-folder.js';
import { SyncState } from '../sync/sync-state.js';
import { watchFolder } from '../sync/watch-folder.js';
import { follow } from './follow.js';
import { type CommonFlags, connect, show } from './session.js';

export interface SyncFlags extends CommonFlags {
  readonly collection: string;
  readonly folder?: string;
  readonly watch?: boolean;
  readonly sync?: boolean;
  readonly delete?: boolean;
  readonly force?: boolean;
  readonly mostDeleted: string;
}

type Say = Context['print'];

/** `ingest FOLDER --sync` once, or `--watch` until it is stopped. */
export async function syncFolder(
  paths: readonly string[],
  flags: SyncFlags,
  context: Context,
): Promise<0 | 1> {
  const folder = resolve(onlyFolder(paths));
  const client = connect(flags, context);
  const prefix = (flags.folder ?? '').replace(/^\/+|\/+$/g, '');
  const rules = rulesOf(flags);
  const { home } = loadConfig(context.environment);
  const state = new SyncState(home, folder, [flags.as ?? '', flags.collection, prefix]);
  const target = { folder, collection: flags.collection, prefix, rules };
  const say = flags.json ? context.note : context.print;
  const sync = new FolderSync(client, target, state, say);
  if (flags.watch) return watch({ folder, sync, client, say }, context);
  const outcome = await sync.pass();
  const failures = [...outcome.failures, ...(await follow(client, outcome.accepted, context))];
  const { accepted, moved, deleted, refusal } = outcome;
  const result = { uploaded: accepted.length, moved, deleted, failures, refusal: refusal ?? null };
  show(context, flags, result, [
    `${result.uploaded} uploaded, ${moved} moved, ${deleted} deleted, ${failures.length} failed.`,
    ...failures.map((failure) => `${failure.path}: ${failure.reason}`),
    ...(refusal ? [refusal] : []),
  ]);
  return failures.length > 0 || refusal ? 1 : 0;
}

function rulesOf(flags: SyncFlags): DeletionRules {
  const percent = Number(flags.mostDeleted);
  if (!(percent >= 0 && percent <= 100))
    throw new CliError('--most-deleted is a percentage from 0 to 100.', EXIT.usage);
  return { deletes: flags.delete === true, percent, forced: flags.force === true };
}

async function watch(
  { folder, sync, client, say }: { folder: string; sync: FolderSync; client: ApiClient; say: Say },
  context: Context,
): Promise<0> {
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  process.on('SIGINT', stop).on('SIGTERM', stop);
  context.note(`Following ${folder}. Stop it with Ctrl-C.`);
  try {
    await watchFolder(folder, sync, context.note, stopped.signal, async (accepted) => {
      const failures = await follow(client, accepted, { note: () => undefined }, stopped.signal);
      for (const { path, reason } of failures) say(`! ${path}: ${reason}`);
      const ready = accepted.length - failures.length;
      if (accepted.length > 0 && !stopped.signal.aborted) say(`${ready} ready, ${failures.length} failed.`);
    });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
  return 0;
}

function onlyFolder(paths: readonly string[]): string {
  const [path, ...others] = paths;
  const found = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  if (path === undefined || others.length > 0 || !found?.isDirectory()) {
    throw new CliError('--sync and --watch follow one folder. Name one that is there.', EXIT.usage);
  }
  return path;
}
