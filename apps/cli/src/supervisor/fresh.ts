import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import { down } from './down.js';
import { homeFiles, type Plan, type StartFlags } from './plan.js';

/** Deletes the embedded data of this home, after stopping what runs there and after a yes. */
export async function eraseEmbeddedData(plan: Plan, flags: StartFlags, context: Context): Promise<void> {
  const { home } = plan.config;
  if (!plan.embeddedDatabase) {
    throw new CliError(
      '--fresh deletes embedded data only; BELAY_DATABASE_URL names a database of your own.',
      EXIT.usage,
    );
  }
  if (flags.yes !== true && !(await confirmed(home))) {
    throw new CliError(`--fresh deletes all data in ${home}. Add --yes to do that.`, EXIT.usage);
  }
  await down({ note: context.note, print: context.note, environment: plan.environment });
  const files = homeFiles(home);
  for (const path of [
    files.postgres,
    files.redis,
    files.demoLoaded,
    files.demoToolsLoaded,
    files.setUpLink,
  ]) {
    rmSync(path, { recursive: true, force: true });
  }
  context.note(`Deleted the data in ${home}.`);
}

async function confirmed(home: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`Delete all data in ${home}? Type yes to go on: `);
  lines.close();
  return answer.trim() === 'yes';
}
