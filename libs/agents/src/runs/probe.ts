import type { ToolContract } from '@belay/contracts';
import { valueAt } from '../contracts/schema-at.js';
import type { ReadyContract } from './contract-library.js';
import type { StepServices } from './step-services.js';
import { argumentsFrom } from './way-back.js';
import type { Work } from './work.js';

/** What a probe said: the thing that a call made or changed, that there is none, or nothing that can be relied on. */
export type Probed = { readonly found: unknown } | 'absent' | 'unsure';

/** Asks a server, by the reading contract that is named for it, whether a call took effect. */
export async function probe(
  services: StepServices,
  work: Work,
  contract: ToolContract,
  call: { readonly input: unknown; readonly result?: unknown },
): Promise<Probed> {
  if (!contract.probe) return 'unsure';
  const { contract: range, args: template, found } = contract.probe;
  const asked = await work.lease.read((tx) => services.library.find(tx, range));
  const args = argumentsFrom(template, call);
  if (!asked || !args || asked.checkInput(args).length > 0) return 'unsure';
  const { tenant, run } = work.lease;
  if (!(await mayAsk(services, work, asked))) return 'unsure';
  const outcome = await services.pool.call({
    holder: `${tenant}:${run.requester}`,
    contract: asked.document,
    definition: asked.definition,
    arguments: args,
    key: `probe-${run.run}`,
    signal: work.lease.signal,
  });
  services.desk.note(asked.document, outcome.kind);
  if (outcome.kind !== 'result') return 'unsure';
  return read(valueAt(outcome.value, found));
}

function read(value: unknown): Probed {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return first === undefined || first === null || first === false ? 'absent' : { found: first };
}

/** Whether a call that only reads may be made now: its contract is in use, for this person, and nothing stops it. */
export async function mayAsk(services: StepServices, work: Work, asked: ReadyContract): Promise<boolean> {
  const { run, requester, requesterName } = work.lease.run;
  const of = { run, requester, requesterName, contract: asked.document, digest: asked.digest };
  const guard = await work.lease.read((tx) => services.runs.guard(tx, of));
  const isStopped = guard.kill !== null && !guard.isOnlyOwn;
  return guard.contract === 'approved' && guard.isUser && !isStopped;
}
