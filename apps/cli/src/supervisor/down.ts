import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.js';
import { CliError, EXIT, type ExitCode } from '../failure.js';
import { lockHolder } from './lock.js';
import { filesOf } from './plan.js';
import { readRunState } from './run-file.js';

const STOP_LIMIT_MS = 60_000;

/** Stops the instance of this home and waits until it is gone. */
export async function down(context: Context): Promise<ExitCode> {
  const { lock, run } = filesOf(context.environment);
  const pid = lockHolder(lock);
  if (pid === undefined) {
    context.print('Belay is not running.');
    return EXIT.ok;
  }
  const address = readRunState(run)?.address ?? '';
  context.note(`Stopping Belay ${address} …`);
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + STOP_LIMIT_MS;
  while (lockHolder(lock) === pid) {
    if (Date.now() > deadline) {
      throw new CliError(
        `Process ${pid} did not stop within ${STOP_LIMIT_MS / 1000} s. End it with: kill -9 ${pid}`,
      );
    }
    await sleep(100);
  }
  context.print('Stopped.');
  return EXIT.ok;
}
