import { AuditReport } from '@belay/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import type { Finish } from './command.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

const Leaves = z.object({
  leaves: z.array(z.object({ sequence: z.number().nullable(), leafId: z.string(), header: z.string() })),
});

/** `audit verify` and `audit leaves`. */
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
  overHttp(audit.command('leaves').description('the newest leaves'))
    .option('--limit <number>', 'how many', '50')
    .action(async (flags: CommonFlags & { limit: string }) => {
      const listed = await connect(flags, context).call(`audit/leaves?limit=${Number(flags.limit)}`, Leaves);
      show(
        context,
        flags,
        listed,
        listed.leaves.map((leaf) => `${leaf.sequence ?? '-'}  ${leaf.header}`),
      );
    });
}
