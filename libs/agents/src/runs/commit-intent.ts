import type { StepState } from '@belay/contracts';
import type { Transaction } from '@belay/database';
import { canonicalJson } from '../contracts/canonical-json.js';
import type { ApprovalRecord } from './approvals/approval.repository.js';
import { BlastRepository } from './blast.repository.js';
import type { Journal } from './journal.js';
import { newStep } from './new-step.js';
import { whyTooOften } from './too-often.js';
import { end, type Next, ON, pause } from './next.js';
import type { PreparedStep } from './prepare-step.js';
import { isAgain, type RunRecord, type StepRecord } from './run-records.js';
import { SettlingRepository } from './settling/settling.repository.js';
import type { DigestOf } from './salted-digest.js';
import type { Snapshot } from './snapshot.js';
import type { StepServices } from './step-services.js';
import type { Work } from './work.js';

const BLASTS = new BlastRepository();
const SETTLING = new SettlingRepository();

/** Undoes the transaction of an intent whose bounds do not hold; nothing of it stays. */
class Refused extends Error {
  constructor(
    readonly next: Next,
    readonly stepState: StepState,
  ) {
    super('refused');
  }
}

/** A step of which is known what it was before, and what allowed it. */
export interface Intended {
  readonly step: PreparedStep;
  readonly known?: StepRecord | undefined;
  readonly approval?: ApprovalRecord | undefined;
  /** What was there before. */
  readonly former?: Snapshot | undefined;
  /** Whether its probe found something before, where that will have to be told apart. */
  readonly foundBefore?: boolean | null | undefined;
}

/**
 * The transaction that must stand before bytes leave: switches, contract, users, budget, blast radius and the approval
 * are judged in it, and what allows the call is used up together with its intent. Gives a Next where one does not hold.
 */
export async function commitIntent(
  services: StepServices,
  work: Work,
  of: Intended,
): Promise<Next | undefined> {
  const { runs } = services;
  const { step, known } = of;
  try {
    await work.lease.write(async (tx, journal, run) => {
      checkJudgement(run, of);
      // All are sent at once and judged by what comes back: where one bound does not hold, nothing of it stays.
      const [guard, counted] = await Promise.all([
        guardOf(services, tx, run, of),
        // What is called again under its key was counted before.
        isAgain(known) ? undefined : count(services, tx, run, of),
        known
          ? runs.setStep(tx, run.run, step.id, { state: 'intended' })
          : runs.insertStep(tx, run.run, newStep(step, 'intended', null)),
        of.foundBefore !== undefined && SETTLING.saveFoundBefore(tx, run.run, step.id, of.foundBefore),
        known && of.former && runs.saveWayBack(tx, run.run, step.id, step.wayBack),
        of.former?.kind === 'there' && runs.saveFormer(tx, run.run, step.id, canonicalJson(of.former.value)),
        writeDown(journal, of, work.digestOf),
      ]);
      checkGuard(services, guard, run, of);
      if (counted) checkCounted(services, counted, of);
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { next, stepState } = error;
    const reason = next.kind === 'on' ? null : next.reason;
    await work.lease.write(async (tx, journal, run) => {
      // What may have taken effect already is not made a failure by what stops it now.
      const state = isAgain(known) ? 'unknown' : stepState;
      if (known) await runs.setStep(tx, run.run, step.id, { state, reason });
      else await runs.insertStep(tx, run.run, newStep(step, state, reason));
      await journal.append({ kind: 'refused', step: step.id, payload: { reason } });
    });
    return next;
  }
}

// A branch beside it may have read meanwhile what makes another judgement of this one.
function checkJudgement(run: RunRecord, { step: { judgedAfter }, known }: Intended): void {
  const { readUntrusted, readPrivate } = judgedAfter;
  if (run.readUntrusted !== readUntrusted || run.readPrivate !== readPrivate) {
    throw new Refused(ON, known?.state === 'awaiting-approval' ? 'awaiting-approval' : 'proposed');
  }
}

type Guard = Awaited<ReturnType<StepServices['runs']['guard']>>;

function guardOf(
  { runs }: StepServices,
  tx: Transaction,
  { run, requester, requesterName }: RunRecord,
  { step: { contract } }: Intended,
): Promise<Guard> {
  const { document, digest } = contract;
  return runs.guard(tx, { run, requester, requesterName, contract: document, digest });
}

function checkGuard(
  { holds }: StepServices,
  guard: Guard,
  { requesterName }: RunRecord,
  { step, known }: Intended,
): void {
  const { name } = step.contract;
  if (holds('kill') && guard.kill !== null)
    throw new Refused(end('killed', `Stopped: ${guard.kill}`), 'failed');
  if (holds('pin') && guard.contract !== 'approved') {
    const state = known?.state === 'awaiting-approval' ? 'awaiting-approval' : 'proposed';
    throw new Refused(pause('suspended', `${name} is ${guard.contract ?? 'gone'}.`), state);
  }
  if (holds('users') && !guard.isUser)
    throw new Refused(end('failed', `${name} may not be called for ${requesterName}.`), 'failed');
}

/** What was found and used up for a call; without meaning where its transaction does not stand. */
interface Counted {
  readonly others: Awaited<ReturnType<StepServices['runs']['otherCalls']>>;
  readonly isInBudget: boolean;
  readonly isInBlast: boolean;
  readonly isStillAllowed: boolean;
}

async function count(
  { runs, approvals, holds }: StepServices,
  tx: Transaction,
  run: RunRecord,
  { step, approval }: Intended,
): Promise<Counted> {
  const { effect, budget } = step.contract.document;
  const { resource, perDay } = effect.blast;
  const isCounted = effect.class !== 'read' && holds('blast');
  const [others, charged, isInBlast, used] = await Promise.all([
    runs.otherCalls(tx, run.run, step.id),
    holds('budget') ? BLASTS.charge(tx, run.run, budget.cost) : 1,
    isCounted ? BLASTS.count(tx, resource, step.items, perDay) : true,
    approval ? approvals.use(tx, approval.id, approval.digest) : 1,
  ]);
  return { others, isInBudget: charged > 0, isInBlast, isStillAllowed: used > 0 };
}

function checkCounted({ holds }: StepServices, counted: Counted, { step }: Intended): void {
  // Branches side by side are proposed at once, and counted one after the other.
  const problem = whyTooOften(holds, step, counted.others);
  if (problem !== undefined) throw new Refused(end('failed', problem), 'failed');
  if (!counted.isInBudget) throw new Refused(end('failed', 'The budget of the run is used up.'), 'failed');
  const { resource } = step.contract.document.effect.blast;
  if (!counted.isInBlast)
    throw new Refused(end('failed', `No more of ${resource} may be touched today.`), 'failed');
  if (!counted.isStillAllowed) throw new Refused(pause('running', null), 'awaiting-approval');
}

async function writeDown(
  journal: Journal,
  { step, approval, former }: Intended,
  digestOf: DigestOf,
): Promise<void> {
  const { document, digest, name } = step.contract;
  const payload = {
    contract: name,
    digest,
    arguments: digestOf(step.arguments),
    key: step.key,
    sinks: step.judgement.sinks,
    reasons: step.judgement.reasons,
    approval: approval?.digest ?? null,
    wayBack: step.wayBack,
    former: former?.kind === 'there' ? digestOf(former.value) : null,
  };
  await Promise.all([
    journal.append({ kind: 'intent', step: step.id, payload }),
    document.effect.class !== 'read' && journal.record('run.intent', { step: step.id, contract: name }),
  ]);
}
