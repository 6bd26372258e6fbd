import { sayTime, Source } from '@belay/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { EXIT } from '../failure.js';
import type { Finish } from './command.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

const Sources = z.object({ sources: z.array(Source) });
const LOOK_EVERY_MS = 500;

interface AddFlags extends CommonFlags {
  readonly collection: string;
  readonly git?: boolean;
  readonly branch?: string;
  readonly folder?: string;
  readonly every: string;
  readonly keepDeleted?: boolean;
}

/** `sources add|list|sync|remove`. */
export function addSourceCommands(program: Command, context: Context, finish: Finish): void {
  const sources = program.command('sources').description('where collections get their documents from');
  overHttp(
    sources.command('add <location>').description('a folder of the server, or with --git a repository'),
  )
    .requiredOption('--collection <name>', 'the collection that it fills')
    .option('--git', 'the location is a Git repository')
    .option('--branch <name>', 'its branch, other than its usual one')
    .option('--folder <path>', 'a folder inside the collection')
    .option('--every <minutes>', 'how often it is looked at', '15')
    .option('--keep-deleted', 'keep documents whose file is gone')
    .action((location: string, flags: AddFlags) => add(location, flags, context));
  overHttp(sources.command('list').description('sources, when they were read, and what went wrong')).action(
    async (flags: CommonFlags) => {
      const listed = await connect(flags, context).call('sources', Sources);
      show(context, flags, listed, listed.sources.flatMap(describe));
    },
  );
  overHttp(sources.command('sync <id>').description('bring it up to date now, and wait for it'))
    .option('--force', 'let it delete more than half of its documents')
    .action(async (id: string, flags: CommonFlags & { force?: boolean }) => {
      const done = await sync(id, flags, context);
      show(context, flags, done, describe(done));
      finish(done.error ? EXIT.failure : EXIT.ok);
    });
  overHttp(sources.command('remove <id>').description('follow it no longer'))
    .requiredOption('--documents <fate>', '"keep" them, or "delete" them first, each with a receipt')
    .action(async (id: string, flags: CommonFlags & { documents: string }) => {
      const fate = encodeURIComponent(flags.documents);
      await connect(flags, context).run(`sources/${id}?documents=${fate}`, { method: 'DELETE' });
      const done = flags.documents === 'keep' ? 'Removed.' : 'Its documents are being deleted.';
      show(context, flags, { id, documents: flags.documents }, [done]);
    });
}

async function add(location: string, flags: AddFlags, context: Context): Promise<void> {
  const body = {
    collection: flags.collection,
    kind: flags.git ? 'git' : 'folder',
    location,
    branch: flags.branch,
    folder: flags.folder,
    everyMinutes: Number(flags.every),
    deletes: flags.keepDeleted !== true,
  };
  const made = await connect(flags, context).call('sources', Source, { method: 'POST', body });
  show(context, flags, made, [`Added ${made.id}. It is read within seconds.`]);
}

async function sync(id: string, flags: CommonFlags & { force?: boolean }, context: Context): Promise<Source> {
  const client = connect(flags, context);
  const before = await client.call(`sources/${id}`, Source);
  await client.call(`sources/${id}/sync`, Source, { method: 'POST', body: { force: flags.force === true } });
  for (;;) {
    const now = await client.call(`sources/${id}`, Source);
    if (!now.running && now.finishedAt !== before.finishedAt) return now;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function describe(source: Source): string[] {
  const state = source.error
    ? `failed: ${source.error.detail}`
    : source.running
      ? 'running'
      : source.finishedAt
        ? `last synced ${sayTime(source.finishedAt)}`
        : 'waits';
  return [
    `${source.id}  ${source.collection}  ${source.kind} ${source.location}  ${state}`,
    `  ${source.counts.documents} documents, ${source.counts.problems} not taken`,
    ...source.problems.map((problem) => `  ! ${problem.path}: ${problem.reason}`),
  ];
}
