import { type ContractDetail, Run } from '@belay/contracts';
import { call } from '../api';
import { isAtRest } from '../shown/words';

const POLL_MS = 400;

/**
 * One call as a run of one's own: carried out where it only reads, else looked at without effect and stopped. `title`
 * says among one's actions what it was for.
 */
export async function runOnce(
  { contract, version, effect }: ContractDetail,
  args: Record<string, unknown>,
  title: string,
): Promise<Run> {
  const steps = [{ id: 'call', contract: `${contract}@${version}`, arguments: args }];
  const run = await settled(await call(Run, 'POST', 'runs', { title: title.slice(0, 200), steps }));
  if (run.state !== 'ready') throw new Error(`It cannot be called. ${run.reason ?? ''}`);
  const done = await settled(await turn(run, effect === 'read' ? 'start' : 'cancel'));
  if (done.state !== 'awaiting-approval') return done;
  await turn(run, 'cancel');
  throw new Error(
    'Somebody has to allow each call of this contract, so it was not made. A contract that only reads may say ' +
      'approval: { when: never }.',
  );
}

const turn = ({ id }: Run, verb: 'start' | 'cancel'): Promise<Run> =>
  call(Run, 'POST', `runs/${id}/${verb}`, {});

async function settled(run: Run): Promise<Run> {
  let latest = run;
  while (!isAtRest(latest.state)) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    latest = await call(Run, 'GET', `runs/${latest.id}`);
  }
  return latest;
}
