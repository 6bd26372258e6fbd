import { existsSync, readFileSync } from 'node:fs';
import { ContractDetail, type DefinitionChange } from '@belay/contracts';
import type { Command } from 'commander';
import { parse } from 'yaml';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import type { Finish } from './command.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

/** `tools diff`: what two contracts differ in, each registered (NAME@VERSION) or in a file. */
export function addToolDiffCommand(tools: Command, context: Context, finish: Finish): void {
  overHttp(
    tools.command('diff <was> <is>').description('what two contracts differ in: NAME@VERSION or a file'),
  ).action(async (was: string, is: string, flags: CommonFlags) => {
    const read = async (which: string): Promise<unknown> => {
      if (existsSync(which)) return parse(readFileSync(which, 'utf8'), { logLevel: 'silent' }) as unknown;
      const [contract = '', version = '', rest] = which.split('@');
      if (contract === '' || version === '' || rest !== undefined)
        throw new CliError(
          `${which} is neither a file nor a contract such as crm.ticket.create@1.0.0.`,
          EXIT.usage,
        );
      const path = `tools/${encodeURIComponent(contract)}/${encodeURIComponent(version)}`;
      return (await connect(flags, context).call(path, ContractDetail)).document;
    };
    // Loaded where it is needed: it is more than half of what every command would load.
    const { compareDefinitions } = await import('@belay/agents');
    const changes = compareDefinitions(await read(was), await read(is));
    show(context, flags, { changes }, changes.length > 0 ? changes.flatMap(lines) : ['They say the same.']);
    finish(changes.length > 0 ? EXIT.failure : EXIT.ok);
  });
}

/** A change for a terminal; characters that cannot be seen are written out already. */
export const lines = ({ at, was, is }: DefinitionChange): string[] => [
  `  ${at || '/'}`,
  `    - ${was ?? 'nothing'}`,
  `    + ${is ?? 'nothing'}`,
];
