import { existsSync } from 'node:fs';
import { ContractDetail, RecordedCall, ReplayedCall } from '@belay/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import type { ApiClient } from '../http/api-client.js';
import type { Finish } from './command.js';
import { readText } from './read-text.js';
import { runOnce } from './run-once.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';
import { lines as changeLines } from './tool-diff-command.js';

const Recorded = z.object({ fixtures: z.array(RecordedCall) });
type Place = (contract: string) => string;

/** `tools recorded|replay`: calls of a contract that were recorded by `tools record CONTRACT --arguments …`. */
export function addRecordedCallCommands(
  tools: Command,
  context: Context,
  finish: Finish,
  placeOf: Place,
): void {
  overHttp(tools.command('recorded <contract>').description('recorded calls of a contract'))
    .option('--remove <name>', 'forget one of them')
    .action(async (contract: string, flags: CommonFlags & { remove?: string }) => {
      const client = connect(flags, context);
      const place = `${placeOf(contract)}/fixtures`;
      if (flags.remove !== undefined)
        await client.run(`${place}/${encodeURIComponent(flags.remove)}`, { method: 'DELETE' });
      const found = await client.call(place, Recorded);
      const rows = found.fixtures.flatMap(describe);
      show(context, flags, found, rows.length > 0 ? rows : ['No recorded call that you may see.']);
    });
  overHttp(
    tools
      .command('replay <contract>')
      .description('make recorded calls again, and say what comes back differently'),
  )
    .option('--name <name>', 'only this one')
    .action(async (contract: string, flags: CommonFlags & { name?: string }) => {
      const client = connect(flags, context);
      const { fixtures } = await client.call(`${placeOf(contract)}/fixtures`, Recorded);
      const wanted = fixtures.filter(({ name }) => flags.name === undefined || name === flags.name);
      if (wanted.length === 0) throw new CliError('No such call is recorded that you may see.');
      const replayed: ReplayedCall[] = [];
      for (const fixture of wanted) {
        if (fixture.isPartial)
          context.note(`${fixture.name}: its arguments are redacted, so it cannot be made again.`);
        else replayed.push(await replay(client, contract, placeOf(contract), fixture));
      }
      show(context, flags, { replayed }, replayed.flatMap(said));
      finish(replayed.every(({ changes }) => changes.length === 0) ? EXIT.ok : EXIT.failure);
    });
}

/** Makes a call as a run of one's own, and keeps it. */
export async function recordCall(
  context: Context,
  flags: CommonFlags & { arguments: string; name?: string },
  contract: string,
  place: string,
): Promise<void> {
  const client = connect(flags, context);
  const given = readArguments(flags.arguments);
  const name = flags.name ?? new Date().toISOString().replaceAll(':', '-');
  await refuseInVain(client, contract, place, name);
  const title = `Recording “${name}” of ${contract}`;
  const run = await runOnce(client, contract, given, title);
  const request = { method: 'POST', body: { name, run: run.id } } as const;
  const kept = await client.call(`${place}/fixtures`, RecordedCall, request);
  show(context, flags, kept, describe(kept));
}

// What could not be kept is not called.
async function refuseInVain(client: ApiClient, contract: string, place: string, name: string): Promise<void> {
  const { document } = await client.call(place, ContractDetail);
  if (document.effect.class !== 'read' && document.dryRun.mode !== 'native')
    throw new CliError(
      `${contract} has an effect, and its server cannot say what a call would do (dryRun: native). No call of it is ` +
        'recorded, and none was made.',
    );
  const { fixtures } = await client.call(`${place}/fixtures`, Recorded);
  if (fixtures.some((fixture) => fixture.name === name))
    throw new CliError(
      `A call named ${name} is recorded already, and none was made. Take another --name, or remove it: ` +
        `./belay tools recorded ${contract} --remove ${name}`,
    );
}

async function replay(
  client: ApiClient,
  contract: string,
  place: string,
  { name, input }: RecordedCall,
): Promise<ReplayedCall> {
  const run = await runOnce(client, contract, input, `“${name}” of ${contract}, made again`);
  const path = `${place}/fixtures/${encodeURIComponent(name)}/replay`;
  return client.call(path, ReplayedCall, { method: 'POST', body: { run: run.id } });
}

function readArguments(given: string): Record<string, unknown> {
  const text = existsSync(given) ? readText(given) : given;
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    throw new CliError(
      'Say the arguments as a JSON object such as {"text":"fan"}, or as a file with one.',
      EXIT.usage,
    );
  }
}

const describe = ({ name, kind, input, output, recordedBy, problem }: RecordedCall): string[] => [
  `${name}  ${kind}  by ${recordedBy}${problem === null ? '' : `  ${problem}`}`,
  `  ${JSON.stringify(input)}`,
  `  ${JSON.stringify(output)}`,
];
const said = ({ name, changes }: ReplayedCall): string[] =>
  changes.length === 0 ? [`${name}  as recorded`] : [`${name}  differs`, ...changes.flatMap(changeLines)];
