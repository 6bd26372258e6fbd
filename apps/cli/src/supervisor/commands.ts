import { type Command, Option } from 'commander';
import type { Context } from '../context.js';
import type { Finish } from '../commands/command.js';
import { logs, status, up } from './control.js';
import { down } from './down.js';
import type { StartFlags } from './plan.js';
import { migrateDatabase } from './migrate.js';
import { start } from './start.js';

function withStartFlags(command: Command): Command {
  return command
    .option('--port <number>', 'port to listen on (default 7420)')
    .option('--host <address>', 'address to listen on (default 127.0.0.1)')
    .option('--no-demo', 'start without the demo company and its sign-in')
    .option('--fresh', 'delete the embedded data of this home first')
    .option('--yes', 'with --fresh: do not ask')
    .option('--offline', 'fetch and install nothing');
}

/** Adds the commands that run Belay on this machine. */
export function addSupervisorCommands(program: Command, context: Context, finish: Finish): void {
  withStartFlags(program.command('start').description('run Belay in the foreground'))
    .addOption(new Option('--in-background', 'started by "up"').hideHelp())
    .action(async (flags: StartFlags) => finish(await start(flags, context)));
  withStartFlags(program.command('up').description('run Belay in the background')).action(
    async (flags: StartFlags) => finish(await up(flags, context)),
  );
  program
    .command('down')
    .description('stop Belay')
    .action(async () => finish(await down(context)));
  program
    .command('status')
    .description('say whether Belay runs')
    .option('--json', 'print JSON')
    .action(async (flags: { json?: boolean }) => finish(await status(flags, context)));
  program
    .command('logs [service]')
    .description('print the end of the logs (supervisor, api, worker, agent, redis, postgres)')
    .option('--lines <number>', 'how many lines of each', '40')
    .action((service: string | undefined, flags: { lines: string }) => finish(logs(service, flags, context)));
  program
    .command('migrate')
    .description('bring the database of BELAY_DATABASE_URL to this version (start does it by itself)')
    .action(async () => finish(await migrateDatabase(context)));
  program
    .command('build')
    .description('install and compile, then stop (done before this command is reached)');
}
