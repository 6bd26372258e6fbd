import { setTimeout as sleep } from 'node:timers/promises';
import type { CallOutcome } from '../peers/call-outcome.js';
import type { Asked } from './admission.js';
import type { ReadyContract } from './contract-library.js';
import type { StepServices } from './step-services.js';
import { argumentsFrom, type JournaledCall } from './way-back.js';
import type { Work } from './work.js';

/** Thrown where a server can say something only later: by its limits, or because it may still be at work. */
export class AskAgain extends Error {
  constructor(
    readonly reason: string,
    readonly inMs: number,
  ) {
    super(reason);
  }
}

/** What a server is asked with: a reading contract, and arguments from what is journaled of a call. */
export interface Question {
  readonly contract: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly call: JournaledCall;
  readonly purpose: Asked['purpose'];
}

// What is nearly free is waited for, rather than gone through all over again.
const PATIENCE_MS = 1000;

/**
 * Asks a server by a reading contract, under the limits of that contract. Undefined where it cannot or may not be
 * asked; throws AskAgain where it may be later.
 */
export async function ask(
  services: StepServices,
  work: Work,
  { contract: range, args: template, call, purpose }: Question,
): Promise<CallOutcome | undefined> {
  const asked = await work.lease.read((tx) => services.library.find(tx, range));
  const args = argumentsFrom(template, call);
  if (!asked || !args || asked.checkInput(args).length > 0) return undefined;
  if (!(await mayAsk(services, work, asked))) return undefined;
  const { tenant, run } = work.lease;
  const done = await admitted(services, work, asked, purpose);
  try {
    const outcome = await services.pool.call({
      holder: `${tenant}:${run.requester}`,
      contract: asked.document,
      definition: asked.definition,
      arguments: args,
      key: `${purpose}-${run.run}`,
      signal: work.lease.signal,
    });
    if (!work.lease.signal.aborted) services.desk.note(asked.document, outcome.kind);
    return outcome;
  } finally {
    await done();
  }
}

async function admitted(
  { desk }: StepServices,
  { lease }: Work,
  { document }: ReadyContract,
  purpose: Asked['purpose'],
): Promise<() => Promise<void>> {
  const asked = { tenant: lease.tenant, person: lease.run.requester, contract: document, purpose };
  const first = await desk.admit(asked);
  if (first.ok) return first.done;
  if (first.retryInMs > PATIENCE_MS) throw new AskAgain(first.reason, first.retryInMs);
  await sleep(first.retryInMs, undefined, { signal: lease.signal }).catch(() => undefined);
  const second = await desk.admit(asked);
  if (second.ok) return second.done;
  throw new AskAgain(second.reason, second.retryInMs);
}

/** Whether a call that only reads may be made now: its contract is in use, for this person, and nothing stops it. */
export async function mayAsk(services: StepServices, work: Work, asked: ReadyContract): Promise<boolean> {
  const { run, requester, requesterName } = work.lease.run;
  const of = { run, requester, requesterName, contract: asked.document, digest: asked.digest };
  const guard = await work.lease.read((tx) => services.runs.guard(tx, of));
  const isStopped = guard.kill !== null && !guard.isOnlyOwn;
  return guard.contract === 'approved' && guard.isUser && !isStopped;
}
