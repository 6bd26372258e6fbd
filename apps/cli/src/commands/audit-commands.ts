import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type AuditLeaf, AuditPage, AuditReport, InclusionProof } from '@belay/contracts';
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { namesOf } from './collection-check.js';
import type { Finish } from './command.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

interface LeafFlags extends CommonFlags {
  readonly type?: string;
  readonly actor?: string;
  readonly resource?: string;
  readonly since?: string;
  readonly until?: string;
}

/** `audit verify`, `leaves`, `prove` and `export`. */
export function addAuditCommands(program: Command, context: Context, finish: Finish): void {
  const audit = program.command('audit').description('the ledger of everything that happened');
  overHttp(audit.command('verify').description('recompute every leaf, root and signature')).action(
    async (flags: CommonFlags) => {
      const report = await connect(flags, context).call('audit/verify', AuditReport);
      const { problem } = report;
      const verdict = problem
        ? `BROKEN at entry ${problem.sequence ?? '?'} (leaf ${problem.leafId ?? '?'}): ${problem.detail}`
        : 'The ledger is whole.';
      show(context, flags, report, [
        verdict,
        `${report.leaves} leaves, ${report.unsequenced} waiting, root ${report.root}`,
      ]);
      finish(report.ok ? 0 : 1);
    },
  );
  filtered(audit.command('leaves').description('the newest leaves, times by UTC'))
    .option('--limit <number>', 'how many, at most 1000', '50')
    .action(async (flags: LeafFlags & { limit: string }) => {
      const query = queryOf(flags);
      query.set('limit', flags.limit);
      const api = connect(flags, context);
      const listed = await api.call(`audit/leaves?${query.toString()}`, AuditPage);
      const names = flags.json ? new Map<string, string>() : await namesOf(api);
      const lines = listed.leaves.length > 0 ? leafLines(listed.leaves, names) : ['No such leaf.'];
      show(context, flags, listed, lines);
    });
  overHttp(
    audit.command('prove <leafId>').description('that a leaf is in the tree of the signed checkpoint'),
  ).action(async (leafId: string, flags: CommonFlags) => {
    const path = `audit/leaves/${encodeURIComponent(leafId)}/proof`;
    const proof = await connect(flags, context).call(path, InclusionProof);
    show(context, flags, proof, [
      `Leaf ${proof.sequence} of ${proof.treeSize}: ${proof.leafHash}`,
      ...proof.path.map((hash) => `  beside ${hash}`),
      `root ${proof.root}`,
    ]);
  });
  filtered(audit.command('export').description('every leaf in its order, a line of JSON each'))
    .option('--out <file>', 'write to this file instead of standard output')
    .action(async (flags: LeafFlags & { out?: string }) => {
      const body = await connect(flags, context).stream(`audit/export?${queryOf(flags).toString()}`);
      if (flags.out !== undefined) return pipeline(body, createWriteStream(flags.out, { mode: 0o600 }));
      for await (const line of createInterface({ input: Readable.from(body) })) context.print(line);
    });
}

/**
 * A line for each leaf: its place, time, actor, type, on what, what may be shown of the rest, and its id. `names` are those
 * of collections, by their ids.
 */
function leafLines(leaves: readonly AuditLeaf[], names: ReadonlyMap<string, string>): string[] {
  const placed = (resource: string): string => {
    const [collection = '', ...folders] = resource.split('/');
    return [names.get(collection) ?? collection, ...folders].join('/');
  };
  const rows = leaves.map((leaf) => [
    String(leaf.sequence ?? 'waiting'),
    leaf.time.slice(0, 19).replace('T', ' '),
    leaf.actor ?? 'the system',
    leaf.type,
    [placed(leaf.resource ?? ''), payloadText(leaf.payload), `leaf ${leaf.leafId}`]
      .filter(Boolean)
      .join('  '),
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function payloadText(payload: AuditLeaf['payload']): string {
  if (payload.state !== 'shown')
    return payload.state === 'erased' ? '(the rest was erased)' : '(the rest is theirs)';
  return Object.entries(payload.value)
    .map(([name, value]) => `${name}: ${plain(value)}`)
    .join(', ');
}

// One leaf stays one line, whatever its words hold.
const plain = (value: unknown): string =>
  typeof value === 'string' && !/[\p{Cc}\p{Cf}]/u.test(value) ? value : JSON.stringify(value);

function filtered(command: Command): Command {
  return overHttp(command)
    .option('--type <type>', 'of this type, or beginning so, such as permission')
    .option('--actor <name>', 'by this person')
    .option('--resource <id>', 'on this document, or COLLECTION/FOLDER by name or id')
    .option('--since <day>', 'on this day or later, such as 2026-01-31')
    .option('--until <day>', 'on this day or earlier');
}

function queryOf({ type, actor, resource, since, until }: LeafFlags): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ type, actor, resource, since, until })) {
    if (value !== undefined) query.set(name, value);
  }
  return query;
}
