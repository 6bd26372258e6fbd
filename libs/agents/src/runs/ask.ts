import { setTimeout as sleep } from 'node:timers/promises';
import type { CallOutcome } from '../peers/call-outcome.js';
import type { Asked } from './admission.js';
import type { ReadyContract } from './contract-library.js';
import type { StepServices } from './step-services.js';
import { argumentsFrom, type JournaledCall } from './undo/way-back.js';
import { LeaseLost } from './lease.js';
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

/** Thrown where what is taken back cannot be looked at or begun now: it stays as it is, until somebody asks again. */
export class UndoHindered extends Error {}

/** What a server is asked with: a reading contract, and arguments from what is journaled of a call. */
export interface Question {
  readonly contract: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly call: JournaledCall;
  readonly purpose: Asked['purpose'];
}

// What is nearly free is waited for, rather than gone through all over again.
const PATIENCE_MS = 1000;
const MOST_TRIES = 3;
const TRY_AGAIN_MS = 300;

/**
 * Asks a server by a reading contract, under the limits of that contract. Undefined where it cannot or may not be
 * asked; throws AskAgain where it may be later, and UndoHindered where what is taken back must not hang on that it may not
 * be asked now, or does not answer.
 */
export async function ask(
  services: StepServices,
  work: Work,
  { contract: range, args: template, call, purpose }: Question,
): Promise<CallOutcome | undefined> {
  const asked = await work.lease.read((tx) => services.library.find(tx, range));
  const args = argumentsFrom(template, call);
  const isUndo = purpose === 'undo';
  const hindrance = asked ? await whyNot(services, work, asked, isUndo) : `${range} is not in use.`;
  if (isUndo && hindrance !== undefined) throw new UndoHindered(hindrance);
  if (!asked || hindrance !== undefined) return undefined;
  if (!args || asked.checkInput(args).length > 0) return undefined;
  const done = await admitted(services, work, asked, purpose);
  try {
    const outcome = await callOften(services, work, { asked, args, purpose });
    if (work.lease.isHeld) services.desk.note(asked.document, outcome);
    return outcome;
  } finally {
    await done();
  }
}

/** Calls; for what is taken back a few times, where its server does not answer. */
async function callOften(
  { pool }: StepServices,
  { lease }: Work,
  {
    asked,
    args,
    purpose,
  }: { asked: ReadyContract; args: Record<string, unknown>; purpose: Asked['purpose'] },
): Promise<CallOutcome> {
  const { tenant, run, signal, bond } = lease;
  for (let tries = 1; ; tries += 1) {
    const outcome = await pool.call({
      holder: `${tenant}:${run.requester}`,
      contract: asked.document,
      definition: asked.definition,
      arguments: args,
      key: `${purpose}-${run.run}`,
      ...bond,
    });
    const isAnswered = outcome.kind !== 'not-sent' && outcome.kind !== 'unknown';
    if (isAnswered || purpose !== 'undo') return outcome;
    // Whoever ends says nothing of the server: another goes on.
    if (!lease.isHeld) throw new LeaseLost();
    if (tries === MOST_TRIES)
      throw new UndoHindered(`The server ${asked.document.peer.id} does not say what is there now.`);
    await sleep(TRY_AGAIN_MS * tries, undefined, { signal }).catch(() => undefined);
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
  return (await whyNot(services, work, asked, false)) === undefined;
}

/** Taking back is not for the users of a contract alone: somebody may not be one any more, or somebody else does it. */
async function whyNot(
  services: StepServices,
  work: Work,
  asked: ReadyContract,
  isUndo: boolean,
): Promise<string | undefined> {
  const { run, requester, requesterName } = work.lease.run;
  const of = { run, requester, requesterName, contract: asked.document, digest: asked.digest };
  const guard = await work.lease.read((tx) => services.runs.guard(tx, of));
  if (guard.kill !== null && !guard.isOnlyOwn) return `Stopped: ${guard.kill}`;
  if (guard.contract !== 'approved') return `${asked.name} is ${guard.contract ?? 'gone'}.`;
  return guard.isUser || isUndo ? undefined : `${asked.name} may not be called for ${requesterName}.`;
}
