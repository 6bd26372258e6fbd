import { existsSync, readFileSync } from 'node:fs';
import {
  AnswerReceipt,
  DeletionReceipt,
  ReceiptCheck,
  Receipts,
  Retention,
  sayReceipt,
  sayRemoved,
  sayTime,
  SweepReport,
} from '@belay/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import type { Finish } from './command.js';
import { collectionNames } from './collection-check.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

/** `documents verify-receipt`, `documents receipts`, `documents sweep` and `collections retention`. */
export function addRemovalCommands(program: Command, context: Context, finish: Finish): void {
  const of = (name: string): Command => {
    const found = program.commands.find((command) => command.name() === name);
    if (!found) throw new Error(`there is no command ${name}`);
    return found;
  };
  overHttp(
    of('documents')
      .command('verify-receipt <reference>')
      .description('a receipt (a file, or its leaf): is it on the ledger, and is nothing left?'),
  ).action(async (reference: string, flags: CommonFlags) => {
    const checked = await connect(flags, context).call(`receipts/${leafOf(reference)}`, ReceiptCheck);
    show(context, flags, checked, sayReceipt(checked));
    finish(checked.ok ? EXIT.ok : EXIT.failure);
  });
  overHttp(of('documents').command('receipts').description('receipts of what you deleted, newest first'))
    .option('--limit <number>', 'how many, at most 200', '50')
    .action(async (flags: CommonFlags & { limit: string }) => {
      const path = `receipts?limit=${encodeURIComponent(flags.limit)}`;
      const api = connect(flags, context);
      const found = await api.call(path, Receipts);
      const places = flags.json ? new Map<string, string>() : await collectionNames(api);
      const lines = found.receipts.map(({ leafId, kind, deletedAt, removed, collectionId }) => {
        const place = places.get(collectionId ?? '');
        return `${leafId}  ${sayTime(deletedAt)}  ${kind.padEnd(8)}  ${place ? `of ${place}: ` : ''}${sayRemoved(removed)}`;
      });
      show(context, flags, found, lines.length > 0 ? lines : ['You have deleted nothing.']);
    });
  overHttp(of('documents').command('sweep').description('look for what belongs to nothing, and remove it'))
    .option('--dry-run', 'only look')
    .action(async (flags: CommonFlags & { dryRun?: boolean }) => {
      const body = { dryRun: flags.dryRun === true };
      const report = await connect(flags, context).call('sweep', SweepReport, { method: 'POST', body });
      const counts = { ...report.rows, ...report.objects };
      show(context, flags, report, [
        report.clean
          ? 'Nothing belongs to nothing.'
          : report.dryRun
            ? 'Found orphans.'
            : 'Found and removed orphans.',
        ...Object.entries(counts).map(([what, count]) => `  ${count} ${what}`),
      ]);
      finish(report.clean ? EXIT.ok : EXIT.failure);
    });
  overHttp(of('collections').command('retention <name>').description('how long its documents are kept'))
    .option('--days <number>', 'show what would be deleted at this age')
    .option('--set', 'with --days: delete what is older from now on')
    .option('--off', 'keep documents for ever')
    .action((name: string, flags: RetentionFlags) => retention(name, flags, context));
}

interface RetentionFlags extends CommonFlags {
  readonly days?: string;
  readonly set?: boolean;
  readonly off?: boolean;
}

async function retention(name: string, flags: RetentionFlags, context: Context): Promise<void> {
  const days = flags.days === undefined ? null : Number(flags.days);
  if (flags.set && days === null) throw new CliError('--set needs --days NUMBER.', EXIT.usage);
  const path = `collections/${encodeURIComponent(name)}/retention`;
  const client = connect(flags, context);
  const isChange = flags.set === true || flags.off === true;
  const body = { days: flags.off ? null : days };
  const rule = isChange
    ? await client.call(path, Retention, { method: 'PUT', body })
    : await client.call(days === null ? path : `${path}?days=${days}`, Retention);
  const isOnlyAsked = !isChange && days !== null;
  const fate = isOnlyAsked ? `are older than ${days} days and would go` : 'are older and go';
  show(context, flags, rule, describe(rule, fate));
}

function describe({ days, due, documents }: Retention, fate: string): string[] {
  return [
    days === null ? 'Documents are kept for ever.' : `Documents are kept for ${days} days.`,
    due === 0
      ? 'Of what you may read, nothing is that old.'
      : `At least ${due} ${fate}; what you may not read is not counted.`,
    ...documents.map((document) => `  ${document.id}  ${document.path}`),
  ];
}

function leafOf(reference: string): string {
  if (!existsSync(reference)) return encodeURIComponent(reference);
  const parsed = z.union([DeletionReceipt, AnswerReceipt]).safeParse(parse(readFileSync(reference, 'utf8')));
  if (parsed.success) return parsed.data.leafId;
  throw new CliError(
    `${reference} is not a receipt: it holds what "documents delete --json" or "answer delete --json" printed.`,
    EXIT.usage,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
