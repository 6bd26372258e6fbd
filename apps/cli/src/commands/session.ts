import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '@belay/config';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import { ApiClient } from '../http/api-client.js';

export interface CommonFlags {
  readonly as?: string;
  readonly json?: boolean;
}

/** Adds the flags that every command over HTTP has. */
export function overHttp(command: Command): Command {
  return command
    .option('--as <name>', 'act as this person of the demo company')
    .option('--json', 'print JSON');
}

/**
 * A client for the running instance: BELAY_ADDRESS, else the address in BELAY_HOME/run.json. Throws a `CliError` where
 * it is not said who asks, or two people are named.
 */
export function connect(flags: CommonFlags, { environment }: Context): ApiClient {
  const key = environment['BELAY_API_KEY'];
  if (flags.as && key)
    throw new CliError(
      'A key asks as its own person: leave out --as, or unset BELAY_API_KEY to act as somebody of the demo company.',
      EXIT.usage,
    );
  if (flags.as) return new ApiClient(findAddress(environment), { demoPerson: flags.as });
  if (key) return new ApiClient(findAddress(environment), { key });
  throw new CliError(
    'Say who you are: --as NAME in the demo company, or an API key in BELAY_API_KEY. ' +
      'Keys are made on the page: sign in there, then choose your name, API keys.',
    EXIT.usage,
  );
}

/** The whole link to a path of the page, as the instance is reached from here. */
export const linkTo = (path: string, { environment }: Context): string =>
  new URL(path, findAddress(environment)).toString();

const RunFile = z.object({ address: z.string() });

function findAddress(environment: NodeJS.ProcessEnv): string {
  if (environment['BELAY_ADDRESS']) return environment['BELAY_ADDRESS'].replace(/\/$/, '');
  const file = join(loadConfig(environment).home, 'run.json');
  if (!existsSync(file)) {
    throw new CliError(
      'Belay does not run here. Start it with "npm start" or "./belay up".',
      EXIT.unreachable,
    );
  }
  return addressIn(file);
}

function addressIn(file: string): string {
  try {
    return RunFile.parse(JSON.parse(readFileSync(file, 'utf8'))).address;
  } catch {
    throw new CliError(
      `${file} does not say where Belay runs. Start it again, or set BELAY_ADDRESS.`,
      EXIT.unreachable,
    );
  }
}

/** Prints one JSON document with --json, else the lines for people. */
export function show(context: Context, flags: CommonFlags, value: unknown, lines: readonly string[]): void {
  if (flags.json) context.print(JSON.stringify(value));
  else for (const line of lines) context.print(line);
}
