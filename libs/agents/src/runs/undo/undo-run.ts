import type { StepState, ToolContract } from '@belay/contracts';
import type { Transaction } from '@belay/database';
import { canonicalJson } from '../../contracts/canonical-json.js';
import { AskAgain, UndoHindered } from '../ask.js';
import type { ReadyContract } from '../contract-library.js';
import { end, type Next, pause } from '../next.js';
import { keyOf } from '../prepare-step.js';
import { probe } from '../settling/probe.js';
import type { RunRecord, StepRecord } from '../run-records.js';
import { SettlingRepository } from '../settling/settling.repository.js';
import type { StepServices } from '../step-services.js';
import {
  afterBegun,
  confirm,
  type Done,
  ifItHappened,
  type Undone,
  whatChanged,
  withoutArguments,
} from './undo-checks.js';
import { argumentsFrom } from './way-back.js';
import type { Work } from '../work.js';

const SETTLING = new SettlingRepository();
const MOST_ATTEMPTS = 4;
// Outcomes after which nothing can still be happening.
const SURE = new Set(['refused', 'needs-input', 'drift']);
const HOUR_MS = 3_600_000;
const OPEN: readonly StepState[] = [
  'succeeded',
  'unknown',
  'intended',
  'compensation-intended',
  'compensation-failed',
];

// Of others it is known that they are as their calls left them.
const PERHAPS_UNDONE: readonly StepState[] = ['compensation-intended', 'compensated', 'compensation-failed'];

/**
 * Takes the effects of a run back, the last one first, by the compensation that each contract names and from what was
 * journaled of the call alone. What was changed since by somebody else is left alone. Each step then says whether it
 * was taken back, could not be, or may not have been; and, where something can be asked, whether a read confirmed it.
 * What a switch, a contract or a server hinders stays as it is, so that it can be taken back when that is over.
 */
export async function undoRun(services: StepServices, work: Work): Promise<Next> {
  const steps = [...work.steps.values()].sort((a, b) => b.position - a.position);
  const hindrances: string[] = [];
  for (const step of steps) {
    if (step.effect === null || step.effect === 'read' || !OPEN.includes(step.state)) continue;
    const next = await undoStep(services, work, step).catch((error: unknown) => {
      if (error instanceof UndoHindered) return void hindrances.push(error.message);
      return whenItCanBeAsked(error);
    });
    if (next) return next;
  }
  await work.reload();
  return endOf(work, hindrances[0]);
}

/** How a run ends whose effects were tried in turn, and what hindered one of them. */
function endOf({ steps }: Work, hindrance: string | undefined): Next {
  const states = [...steps.values()].filter(({ effect }) => effect !== 'read').map(({ state }) => state);
  const isPart = states.some((state) => PERHAPS_UNDONE.includes(state));
  const ending = isPart ? 'partially-compensated' : 'not-compensated';
  if (hindrance !== undefined)
    return end(ending, `${isPart ? 'Not all of it' : 'Nothing of it'} was taken back yet. ${hindrance}`);
  const left = states.filter((state) => state === 'compensation-failed' || state === 'not-compensable');
  if (left.length === 0) return end('compensated', null);
  return end(ending, `${left.length} of its effects could not be taken back.`);
}

function whenItCanBeAsked(error: unknown): Next {
  if (error instanceof AskAgain) return pause('compensating', error.reason, error.inMs);
  throw error;
}

/** Takes one step back; a Next where it has to wait. */
async function undoStep(services: StepServices, work: Work, step: StepRecord): Promise<Next | undefined> {
  const contract = await work.lease.read((tx) => services.library.byDigest(tx, step.digest ?? ''));
  if (!contract || step.arguments === null)
    return finish(services, work, step, impossible('What was done is not known any more.'));
  const input = JSON.parse(step.arguments) as Record<string, unknown>;
  const result: unknown = step.result === null ? undefined : JSON.parse(step.result);
  const problem = tooLate(step, contract.document);
  if (problem !== undefined) return finish(services, work, step, impossible(problem));
  const former = await formerOf(services, work, step);
  if (contract.document.snapshot && former === undefined)
    return finish(services, work, step, impossible('Nothing was there before that could be restored.'));
  const isBegun = await wasBegun(work, step);
  const journaled = { step, contract, input, result, former, isBegun };
  const done = result === undefined && !isBegun ? await ifItHappened(services, work, journaled) : journaled;
  return 'state' in done ? finish(services, work, step, done) : undoBy(services, work, done);
}

// What failed after it was begun may have been sent, too.
function wasBegun({ lease }: Work, { id, state }: StepRecord): Promise<boolean> {
  if (state !== 'compensation-failed') return Promise.resolve(state === 'compensation-intended');
  return lease.read((tx) => SETTLING.hasUndo(tx, lease.run.run, id));
}

async function formerOf({ runs }: StepServices, { lease }: Work, { id }: StepRecord): Promise<unknown> {
  const former = await lease.read((tx) => runs.former(tx, lease.run.run, id));
  return former === null ? undefined : (JSON.parse(former) as unknown);
}

// Of a call whose outcome is not known, when it was sent is all that is.
function tooLate(
  { settledAt, intendedAt }: StepRecord,
  { compensation, effect }: ToolContract,
): string | undefined {
  if (!compensation) return 'Its contract names no way back.';
  const hours = effect.reversibleForHours;
  const since = settledAt ?? intendedAt;
  if (hours === undefined || !since || Date.now() - since.getTime() <= hours * HOUR_MS) return undefined;
  return `It could be taken back for ${hours} hours.`;
}

async function undoBy(services: StepServices, work: Work, done: Done): Promise<Next | undefined> {
  const { step } = done;
  const { contract: range = '', args: template = {} } = done.contract.document.compensation ?? {};
  const undo = await work.lease.read((tx) => services.library.find(tx, range));
  if (!undo) throw new UndoHindered(`${range} is not in use.`);
  // Before anything is looked at: nothing that is not known now may end the way back for good.
  await work.lease.read((tx) => refuseHindered(services, tx, work.lease.run, undo));
  const args = argumentsFrom(template, done);
  const isWhole = args !== undefined && undo.checkInput(args).length === 0;
  const obstacle = await obstacleTo(services, work, done, { undo: undo.document, isWhole });
  if (obstacle || !args) return obstacle && finish(services, work, step, obstacle);
  return compensate(services, work, done, undo, args);
}

async function obstacleTo(
  services: StepServices,
  work: Work,
  done: Done,
  { undo, isWhole }: { undo: ToolContract; isWhole: boolean },
): Promise<Undone | undefined> {
  const { isBegun } = done;
  const begun = isBegun ? await afterBegun(services, work, done, undo) : undefined;
  if (begun) return begun;
  if (!isWhole) return withoutArguments(services, work, done);
  return isBegun ? undefined : whatChanged(services, work, done);
}

const impossible = (reason: string): Undone => ({ state: 'not-compensable', reason, verified: null });

async function compensate(
  services: StepServices,
  work: Work,
  done: Done,
  undo: ReadyContract,
  args: Record<string, unknown>,
): Promise<Next | undefined> {
  const { lease } = work;
  const { step } = done;
  const asked = { tenant: lease.tenant, person: lease.run.requester, contract: undo.document };
  const admission = await services.desk.admit({ ...asked, purpose: 'undo' });
  if (!admission.ok) return pause('compensating', admission.reason, admission.retryInMs);
  const key = keyOf(['undo', lease.tenant, lease.run.run, step.id]);
  try {
    await intendUndo(services, work, { step, undo, args, key });
    const outcome = await services.pool.call({
      holder: `${lease.tenant}:${lease.run.requester}`,
      contract: undo.document,
      definition: undo.definition,
      arguments: args,
      key,
      ...lease.bond,
    });
    if (lease.isHeld) services.desk.note(undo.document, outcome);
    if (outcome.kind === 'result')
      return await finish(services, work, step, await confirm(services, work, done));
    return await afterFailure(services, work, done, undo.document, outcome);
  } finally {
    await admission.done();
  }
}

function intendUndo(
  services: StepServices,
  work: Work,
  of: { step: StepRecord; undo: ReadyContract; args: Record<string, unknown>; key: string },
): Promise<void> {
  const { step, undo, args, key } = of;
  return work.lease.write(async (tx, journal, run) => {
    await refuseHindered(services, tx, run, undo);
    await services.runs.setStep(tx, run.run, step.id, { state: 'compensation-intended' });
    await services.runs.saveUndo(tx, run.run, step.id, canonicalJson(args));
    const payload = { contract: undo.name, digest: undo.digest, arguments: work.digestOf(args), key };
    await journal.append({ kind: 'compensation-intent', step: step.id, payload });
    await journal.record('run.undo', { step: step.id, contract: undo.name });
  });
}

// A run that was stopped may be taken back; what stops more than it, stops that too.
async function refuseHindered(
  { runs, holds }: StepServices,
  tx: Transaction,
  { run, requester, requesterName }: RunRecord,
  { document, digest, name }: ReadyContract,
): Promise<void> {
  const guard = await runs.guard(tx, { run, requester, requesterName, contract: document, digest });
  if (holds('kill') && guard.kill !== null && !guard.isOnlyOwn)
    throw new UndoHindered(`Stopped: ${guard.kill}`);
  if (holds('pin') && guard.contract !== 'approved')
    throw new UndoHindered(`${name} is ${guard.contract ?? 'gone'}.`);
}

async function afterFailure(
  services: StepServices,
  work: Work,
  done: Done,
  undo: ToolContract,
  { kind }: { kind: string },
): Promise<Next | undefined> {
  const { step } = done;
  const isSure = SURE.has(kind);
  if (kind === 'not-sent') return notSent(services, work, done, undo);
  if (!isSure && undo.idempotency.mode !== 'none' && step.attempts < MOST_ATTEMPTS) return later(step);
  const { compensation } = done.contract.document;
  const probed = await probe(services, work, done.contract.document, done);
  if (probed === 'absent' && compensation?.tolerateMissing)
    return finish(services, work, step, { state: 'compensated', reason: null, verified: true });
  const reason = isSure ? 'The server refused to take it back.' : 'Whether it was taken back is not known.';
  return finish(services, work, step, { state: 'compensation-failed', reason, verified: null });
}

const later = ({ attempts }: StepRecord): Next =>
  pause('compensating', 'The server did not answer; it is asked again.', 500 * 2 ** attempts);

async function notSent(services: StepServices, work: Work, done: Done, undo: ToolContract): Promise<Next> {
  await notBegun(services, work, done);
  if (done.step.attempts < MOST_ATTEMPTS) return later(done.step);
  throw new UndoHindered(`The server ${undo.peer.id} cannot be reached.`);
}

// Nothing was sent: it is no more begun than before.
async function notBegun(
  { runs }: StepServices,
  work: Work,
  { isBegun, step: { id, state } }: Done,
): Promise<void> {
  if (isBegun) return;
  // To be intended anew would be another attempt.
  const before = state === 'intended' ? 'unknown' : state;
  await work.lease.write(async (tx, _, run) => {
    await runs.setStep(tx, run.run, id, { state: before });
    await SETTLING.forgetUndo(tx, run.run, id);
  });
}

async function finish(
  services: StepServices,
  work: Work,
  step: StepRecord,
  undone: Undone,
): Promise<undefined> {
  await work.lease.write(async (tx, journal, run) => {
    await services.runs.setStep(tx, run.run, step.id, undone);
    const { state, reason, verified } = undone;
    await journal.append({ kind: state, step: step.id, payload: { reason, verified } });
  });
}
