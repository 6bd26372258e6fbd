import { setTimeout as sleep } from 'node:timers/promises';
import { Run } from '@belay/contracts';
import { CliError } from '../failure.js';
import type { ApiClient } from '../http/api-client.js';

const PATH = 'runs';
const MOVING: readonly Run['state'][] = ['planned', 'running', 'waiting', 'compensating'];
const POLL_MS = 200;
const LONGEST_MS = 120_000;

/** A run as it is when it has come to rest, or after two minutes. */
export async function settled(client: ApiClient, run: Run): Promise<Run> {
  const until = Date.now() + LONGEST_MS;
  let latest = run;
  while (MOVING.includes(latest.state) && Date.now() < until) {
    await sleep(POLL_MS);
    latest = await client.call(`${PATH}/${latest.id}`, Run);
  }
  return latest;
}

/**
 * One call as a run of one's own: carried out where it only reads, else looked at without effect and stopped. `title`
 * says among one's runs what it was for.
 */
export async function runOnce(
  client: ApiClient,
  contract: string,
  given: Record<string, unknown>,
  title: string,
): Promise<Run> {
  const steps = [{ id: 'call', contract, arguments: given }];
  const body = { title: title.slice(0, 200), steps };
  const run = await settled(client, await client.call(PATH, Run, { method: 'POST', body }));
  if (run.state !== 'ready') throw new CliError(`It cannot be called. ${run.reason ?? ''}`.trim());
  const verb = run.preview?.[0]?.effect === 'read' ? 'start' : 'cancel';
  const done = await settled(client, await turn(client, run, verb));
  if (done.state !== 'awaiting-approval') return done;
  await turn(client, run, 'cancel');
  throw new CliError(
    `Somebody has to allow each call of ${contract}, so it was not made. A contract that only reads may say ` +
      'approval: { when: never }.',
  );
}

const turn = (client: ApiClient, { id }: Run, verb: 'start' | 'cancel'): Promise<Run> =>
  client.call(`${PATH}/${id}/${verb}`, Run, { method: 'POST', body: {} });
