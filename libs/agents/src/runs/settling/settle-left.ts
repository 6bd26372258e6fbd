import { compileSchema } from '../../contracts/json-schema.js';
import { canonicalJson } from '../../contracts/canonical-json.js';
import { AskAgain } from '../ask.js';
import { end, type Next } from '../next.js';
import { probe } from './probe.js';
import { isAgain, type StepRecord } from '../run-records.js';
import type { StepServices } from '../step-services.js';
import type { Work } from '../work.js';

/**
 * Before a run is over: finds out what became of calls beside the one that ended it. Nothing is sent again for that;
 * what a look does not show makes the run one that somebody must look at. Where a look can tell only later, the run
 * waits for that, however it ends; but nothing delays that it was stopped.
 */
export async function settleLeft(services: StepServices, work: Work, ending: Next): Promise<Next> {
  if (ending.kind !== 'end') return ending;
  await work.reload();
  const isUndone = work.lease.run.state === 'compensating';
  const left = [...work.steps.values()].filter(
    // What is taken back was looked at, or could not be for now.
    (step) => isAgain(step) && step.effect !== null && (!isUndone || step.effect === 'read'),
  );
  const open: string[] = [];
  try {
    for (const step of left) if (!(await isSettled(services, work, step))) open.push(step.id);
  } catch (error) {
    if (!(error instanceof AskAgain)) throw error;
    if (ending.state === 'killed') return ending;
    const { state, reason } = ending;
    const until = { reason: error.reason, wakeInMs: error.inMs };
    return { kind: 'pause', state: 'waiting', ...until, ending: { state, reason } };
  }
  if (open.length === 0 || ending.state === 'killed') return ending;
  return end('needs-operator', `Whether ${open.join(', ')} took effect is not known. Somebody must look.`);
}

async function isSettled(services: StepServices, work: Work, step: StepRecord): Promise<boolean> {
  if (step.effect === 'read') return setState(services, work, step, 'failed');
  const contract = await work.lease.read((tx) => services.library.byDigest(tx, step.digest ?? ''));
  if (!contract || step.arguments === null) return false;
  const input: unknown = JSON.parse(step.arguments);
  const probed = await probe(services, work, contract.document, { input, step });
  if (probed === 'unsure') return false;
  if (probed === 'absent') return setState(services, work, step, 'failed');
  const { schema } = contract.document.output;
  if (compileSchema(schema, 'The output schema')(probed.found).length > 0) return false;
  return setState(services, work, step, 'succeeded', canonicalJson(probed.found));
}

async function setState(
  { runs }: StepServices,
  work: Work,
  { id }: StepRecord,
  state: 'failed' | 'succeeded',
  result?: string,
): Promise<true> {
  await work.lease.write(async (tx, journal, run) => {
    const reason = state === 'failed' ? 'A look showed that nothing happened.' : null;
    await runs.setStep(tx, run.run, id, { state, reason });
    const label = { integrity: 'untrusted', readers: [run.requester], origins: [], documents: [] };
    if (result !== undefined) await runs.saveResult(tx, run.run, id, result, JSON.stringify(label));
    await journal.append({ kind: state === 'failed' ? 'absent' : 'found', step: id });
  });
  return true;
}
