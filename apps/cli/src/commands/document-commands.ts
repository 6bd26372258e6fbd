import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import {
  Accepted,
  Collection,
  DeletionReceipt,
  Document,
  Name,
  sayRemoved,
  toShortName,
} from '@belay/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { CliError, EXIT, type ExitCode } from '../failure.js';
import type { ApiClient } from '../http/api-client.js';
import { Collections, ownersOf, sayOwner } from './collection-check.js';
import type { Finish } from './command.js';
import { follow } from './follow.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';
import { type SyncFlags, syncFolder } from './sync-command.js';

const Documents = z.object({ documents: z.array(Document) });

type IngestFlags = SyncFlags;

/** `ingest`, `documents` and `collections`. */
export function addDocumentCommands(program: Command, context: Context, finish: Finish): void {
  overHttp(
    program.command('ingest <paths...>').description('upload files and folders, and follow them until ready'),
  )
    .requiredOption('--collection <name>', 'the collection to put them in')
    .option('--folder <path>', 'a folder inside it')
    .option('--sync', 'bring the collection to what one folder holds, once')
    .option('--watch', 'go on following one folder until stopped')
    .option('--delete', 'with these: delete what was uploaded from the folder and is gone from it')
    .option('--most-deleted <percent>', 'how much of it one pass may delete unasked', '50')
    .option('--force', 'delete more than that; an empty folder never deletes anything')
    .action(async (paths: string[], flags: IngestFlags) => {
      const isSync = flags.sync === true || flags.watch === true;
      finish(await (isSync ? syncFolder : ingest)(paths, flags, context));
    });
  addDocuments(program, context);
  addCollections(program, context);
}

function addDocuments(program: Command, context: Context): void {
  const documents = program.command('documents').description('what you may read');
  overHttp(documents.command('list').description('documents that you may read, with their stage'))
    .option('--collection <name>', 'only this collection')
    .action(async (flags: CommonFlags & { collection?: string }) => {
      const filter = flags.collection ? `&collection=${encodeURIComponent(flags.collection)}` : '';
      const api = connect(flags, context);
      const listed = await api.call(`documents?limit=2000${filter}`, Documents);
      const owners = flags.json ? new Map<string, string>() : await ownersOf(api);
      const line = (row: Document): string =>
        `${row.id}  ${row.stage.padEnd(6)}  ${row.collection}/${row.path}${sayOwner(row.collectionId, owners)}${row.error ? `  ${row.error.detail}` : ''}`;
      show(context, flags, listed, listed.documents.map(line));
    });
  overHttp(documents.command('show <id>').description('a document: place, stage, and why it failed')).action(
    async (id: string, flags: CommonFlags) => {
      const row = await connect(flags, context).call(`documents/${id}`, Document);
      show(
        context,
        flags,
        row,
        Object.entries(row).map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
      );
    },
  );
  overHttp(documents.command('retry <id>').description('read a document that failed once more')).action(
    async (id: string, flags: CommonFlags) => {
      await connect(flags, context).run(`documents/${id}/retry`, { method: 'POST' });
      show(context, flags, { id }, ['Started again.']);
    },
  );
  overHttp(
    documents.command('delete <id>').description('delete a document with all its versions; prints a receipt'),
  ).action(async (id: string, flags: CommonFlags) => {
    const receipt = await connect(flags, context).call(`documents/${id}`, DeletionReceipt, {
      method: 'DELETE',
    });
    show(context, flags, receipt, [
      `Deleted: ${sayRemoved(receipt.removed)}. Ledger leaf ${receipt.leafId}.`,
    ]);
  });
}

function addCollections(program: Command, context: Context): void {
  const collections = program.command('collections').description('collections that you may read or manage');
  overHttp(collections.command('list').description('their names, and which of them you manage')).action(
    async (flags: CommonFlags) => {
      const listed = await connect(flags, context).call('collections', Collections);
      show(
        context,
        flags,
        listed,
        listed.collections.map(
          (row) =>
            `${row.name}  ${row.title}${row.owner === null ? '' : ` of ${row.owner}: ${row.id}`}${row.manages ? '  (yours to manage)' : ''}`,
        ),
      );
    },
  );
  overHttp(collections.command('create <name>').description('make a collection that you alone may read'))
    .option('--title <title>', 'what people read')
    .action(async (name: string, flags: CommonFlags & { title?: string }) => {
      if (!Name.safeParse(name).success) throw unnamed(name);
      const body = { name, title: flags.title ?? name };
      const made = await connect(flags, context).call('collections', Collection, { method: 'POST', body });
      show(context, flags, made, [`Created ${made.name}: only you may read it until you share it.`]);
    });
  overHttp(
    collections.command('delete <name>').description('delete a collection that holds no document'),
  ).action(async (name: string, flags: CommonFlags) => {
    await connect(flags, context).run(`collections/${encodeURIComponent(name)}`, { method: 'DELETE' });
    show(context, flags, { name }, ['Deleted.']);
  });
}

const unnamed = (title: string): CliError =>
  new CliError(
    'A collection is named with small letters, digits, ".", "-" and "_", beginning with a letter or digit, at most 63. ' +
      `Try: ./belay collections create ${toShortName(title)} --title ${JSON.stringify(title)}`,
    EXIT.usage,
  );

// No other file would fare better.
const ENDING: readonly ExitCode[] = [EXIT.unreachable, EXIT.forbidden];

async function ingest(paths: readonly string[], flags: IngestFlags, context: Context): Promise<0 | 1> {
  const files = paths.flatMap((path) => filesOf(path));
  if (files.length === 0) throw new CliError('There is no file in what you named.', EXIT.usage);
  const client = connect(flags, context);
  const accepted: Accepted[] = [];
  const failures: { path: string; reason: string }[] = [];
  for (const file of files) {
    try {
      accepted.push(await upload(client, file, flags));
    } catch (error) {
      if (error instanceof CliError && ENDING.includes(error.exitCode)) throw error;
      failures.push({ path: file.name, reason: (error as Error).message });
    }
  }
  const ids = [...new Set(accepted.map(({ id }) => id))];
  failures.push(...(await follow(client, ids, context)));
  const failed = new Set(failures.map(({ path }) => path));
  // A document that two of the files went to counts once, by the first of them.
  const taken = ids.flatMap((id) => accepted.find((one) => one.id === id && !failed.has(one.path)) ?? []);
  const unchanged = taken.filter((one) => one.unchanged).length;
  const replaced = taken.filter((one) => one.replaces).length;
  const result = { ready: taken.length, unchanged, replaced, failures };
  const counts = [
    `${result.ready} ready`,
    ...(unchanged > 0 ? [`${unchanged} of them unchanged`] : []),
    ...(replaced > 0 ? [`${replaced} of them in place of what was there`] : []),
    `${failures.length} failed.`,
  ];
  show(context, flags, result, [
    counts.join(', '),
    ...failures.map((failure) => `${failure.path}: ${failure.reason}`),
  ]);
  return failures.length > 0 ? 1 : 0;
}

async function upload(
  client: ApiClient,
  file: { path: string; name: string },
  flags: IngestFlags,
): Promise<Accepted> {
  const form = new FormData();
  form.set('collection', flags.collection);
  form.set('path', flags.folder ? `${flags.folder}/${file.name}` : file.name);
  form.set('file', new Blob([new Uint8Array(readFileSync(file.path))]), basename(file.path));
  return client.call('documents', Accepted, { method: 'POST', form });
}

// A link that is named is followed; links inside a folder are not, because they may lead out of it or back.
function filesOf(path: string): { path: string; name: string }[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new CliError(`There is no file or folder "${path}".`, EXIT.usage);
  if (!found.isDirectory()) return [{ path, name: basename(path) }];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: file, name: relative(path, file) }))
    .filter(({ name }) => !name.split(sep).some((part) => part.startsWith('.')))
    .sort((a, b) => a.name.localeCompare(b.name));
}
