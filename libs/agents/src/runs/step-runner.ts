import type { Transaction } from '@belay/database';
import { isDomainError } from '@belay/errors';
import { SEARCH_DIGEST } from '../documents/search-contract.js';
import type { ReadyStep } from '../plans/unfold.js';
import { AskAgain } from './ask.js';
import { asSaid, askApproval, stillSays } from './approvals/approval-text.js';
import type { ApprovalRecord } from './approvals/approval.repository.js';
import { sayDenial } from './approvals/say-denial.js';
import type { ReadyContract } from './contract-library.js';
import { join } from './labels.js';
import { hasLost } from './lost-documents.js';
import { end, type Next, pause } from './next.js';
import { type PreparedStep, prepareStep } from './prepare-step.js';
import { isAgain, type StepRecord } from './run-records.js';
import { newStep, refusedStep } from './new-step.js';
import { Outcomes } from './outcomes.js';
import { commitIntent, type Intended } from './commit-intent.js';
import type { StepServices } from './step-services.js';
import { foundBefore } from './settling/probe.js';
import { settleUnknown } from './settling/settle-unknown.js';
import { whyTooOften } from './too-often.js';
import { takeSnapshot } from './snapshot.js';
import { foresee, foreseenBy } from './undo/foresee.js';
import { wayBackOf } from './undo/way-back.js';
import type { Work } from './work.js';

const TOO_LARGE = 'The arguments of the calls of a run are larger than 2 MB together.';
const LOST = 'A document that was read for it may not be read any more.';
const FINAL =
  'It was shown as one that can be taken back, and nothing is there any more that could be restored. Plan it again.';
const CROWDED = 'As many of your calls as may wait for an approval do; this one is asked for after them.';
const CROWDED_RETRY_MS = 5000;

/** A call step whose turn it is. */
export type ReadyCall = ReadyStep & { node: { contract: string; arguments: Record<string, unknown> } };

/** What is read to judge a call by. */
interface Found {
  readonly contract: ReadyContract;
  /** Whether a document that was read for the run may not be read any more. */
  readonly hasLost: boolean;
  /** The persons who see what is put into its arguments; null: everybody. */
  readonly audience: ReadonlySet<number> | null;
  /** The contract that takes it back. */
  readonly undo: ReadyContract | undefined;
}

/**
 * Takes one call from its proposal to its outcome. The order of checks: contract, arguments, labels, loop, approval,
 * rates, and then all that must never be exceeded in the transaction of its intent. Only then do bytes leave; what came
 * of them is written in another transaction.
 */
export class StepRunner {
  readonly outcomes: Outcomes;

  constructor(private readonly services: StepServices) {
    this.outcomes = new Outcomes(services);
  }

  async take(work: Work, ready: ReadyCall): Promise<Next> {
    const known = work.steps.get(ready.id);
    const found = await work.lease.read((tx) => this.lookUp(tx, work, ready, known));
    if (typeof found === 'string') return this.refuse(work, ready.id, found);
    const { contract } = found;
    if (!isAgain(known) && found.hasLost) return this.refuse(work, ready.id, LOST, contract);
    const step = this.prepare(work, ready, found);
    if (typeof step === 'string') return this.refuse(work, ready.id, step, contract);
    if (!known) return this.propose(work, step);
    if (known.state === 'proposed')
      return this.mustAsk(step) ? this.hold(work, step, false) : this.intend(work, step, known);
    if (known.state === 'awaiting-approval') return this.afterApproval(work, step, known);
    // Whoever worked on it before ended between intent and outcome, or the server did not answer.
    return settleUnknown(this, this.services, work, step, known);
  }

  /** Calls again, or for the first time, under the same key, once what it overwrites is known. */
  async intend(work: Work, step: PreparedStep, known?: StepRecord, approval?: ApprovalRecord): Promise<Next> {
    // What was called before has its snapshot: another one would be of what the call left.
    if (isAgain(known)) return this.send(work, { step, known, approval });
    try {
      return await this.lookAndSend(work, { step, known, approval });
    } catch (error) {
      if (!(error instanceof AskAgain)) throw error;
      return this.wait(work, step, known, { reason: error.reason, retryInMs: error.inMs });
    }
  }

  private async lookAndSend(work: Work, of: Intended): Promise<Next> {
    const { step, known } = of;
    const { document } = step.contract;
    const former = await takeSnapshot(this.services, work, step.contract, step.arguments);
    if (former?.kind === 'unreadable') return this.refuse(work, step.id, former.reason, step.contract);
    if (former?.kind === 'later')
      return this.wait(work, step, known, { reason: former.reason, retryInMs: 1000 });
    const wayBack = wayBackOf(document, step.undo, foreseenBy(document, former));
    if (document.snapshot && step.wayBack !== wayBack) {
      const other = await this.ifOther(work, of, wayBack);
      if (other) return other;
    }
    const before = await foundBefore(this.services, work, document, step.arguments);
    return this.send(work, { ...of, step: { ...step, wayBack }, former, foundBefore: before });
  }

  /** What becomes of a call that could be taken back when it was shown, and cannot be now, or the other way round. */
  private async ifOther(
    work: Work,
    { step, known, approval }: Intended,
    wayBack: string | null,
  ): Promise<Next | undefined> {
    // That it depends was said, and allowed.
    if (approval && step.wayBack === wayBackOf(step.contract.document, step.undo, 'if-there'))
      return undefined;
    if (approval && known) {
      await work.lease.write((tx) => this.services.approvals.end(tx, approval.id, 'void'));
      return this.hold(work, step, false);
    }
    return wayBack === null && work.promised.has(step.id)
      ? this.refuse(work, step.id, FINAL, step.contract)
      : undefined;
  }

  private async send(work: Work, of: Intended): Promise<Next> {
    const { step, known } = of;
    const { desk, pool } = this.services;
    const { document, definition } = step.contract;
    const { tenant, run } = work.lease;
    const admission = await desk.admit({ tenant, person: run.requester, contract: document, purpose: 'do' });
    if (!admission.ok) return this.wait(work, step, known, admission);
    try {
      const refusal = await commitIntent(this.services, work, of);
      if (refusal) return refusal;
      const outcome = await pool.call({
        holder: `${tenant}:${run.requester}`,
        contract: document,
        definition,
        arguments: step.arguments,
        key: step.key,
        // Whoever was stopped between the two does not send what another may have sent.
        ...work.lease.bond,
      });
      // What a person or a switch broke off says nothing of the server.
      if (work.lease.isHeld) desk.note(document, outcome);
      return await this.outcomes.conclude(work, step, outcome, known);
    } finally {
      await admission.done();
    }
  }

  /** What the judgement of a call needs to know; a text says why there is no contract for it. */
  private async lookUp(
    tx: Transaction,
    { lease, shown, steps, approvals }: Work,
    { node: { contract: range } }: ReadyCall,
    known: StepRecord | undefined,
  ): Promise<Found | string> {
    const { library, runs } = this.services;
    const contract = known?.digest
      ? await library.byDigest(tx, known.digest)
      : await library.findShown(tx, range, shown.get(range));
    if (!contract) return `There is no approved contract ${range}.`;
    if (typeof contract === 'string') return contract;
    const { audience, compensation } = contract.document;
    const searches = [...steps.values()]
      .filter(({ digest }) => digest === SEARCH_DIGEST)
      .map(({ result, resultLabel }) => ({ result, documents: resultLabel?.documents ?? [] }));
    const [isLost, persons, undo] = await Promise.all([
      hasLost(tx, lease.run.requester, searches),
      runs.persons(tx, audience),
      compensation && library.find(tx, compensation.contract),
    ]);
    const isWithheld = approvals.get(known?.id ?? '')?.isLost === true;
    return { contract, hasLost: isLost || isWithheld, audience: persons, undo };
  }

  private prepare(work: Work, ready: ReadyCall, { contract, audience, undo }: Found): PreparedStep | string {
    const { holds } = this.services;
    const { lease } = work;
    const { document } = contract;
    const { lateFrom, readUntrusted, readPrivate, run } = lease.run;
    const isLate = lateFrom !== null && ready.part >= lateFrom;
    try {
      const control = join(ready.control, work.choiceOf(isLate));
      return prepareStep({ ...ready, control }, contract, {
        tenant: lease.tenant,
        run,
        audience,
        readUntrusted,
        readPrivate,
        isLate,
        literal: work.literalOf(document, isLate),
        undo: undo?.document,
        previewDigest: work.previewDigest,
        digestOf: work.digestOf,
        holds,
      });
    } catch (error) {
      if (isDomainError(error)) return error.message;
      throw error;
    }
  }

  private async propose(work: Work, step: PreparedStep): Promise<Next> {
    const problem = whyTooOften(this.services.holds, step, [...work.steps.values()]);
    if (problem !== undefined) return this.refuse(work, step.id, problem, step.contract);
    if (!work.takes(step.text)) return this.refuse(work, step.id, TOO_LARGE, step.contract);
    return this.mustAsk(step) ? this.hold(work, step, true) : this.intend(work, step);
  }

  private mustAsk({ judgement }: PreparedStep): boolean {
    return judgement.reasons.length > 0 && this.services.holds('approval');
  }

  private async hold(work: Work, planned: PreparedStep, isNew: boolean): Promise<Next> {
    const { runs, approvals } = this.services;
    const { reasons } = planned.judgement;
    // Nobody looks for one that is not asked about yet, each time that it is its turn.
    const { requester, run: id } = work.lease.run;
    const { isLeft } = await work.lease.read((tx) => approvals.room(tx, requester, id));
    const foreseen = isLeft ? await foresee(this.services, work, planned) : 'if-there';
    const step = { ...planned, wayBack: wayBackOf(planned.contract.document, planned.undo, foreseen) };
    return work.lease.write(async (tx, journal, run) => {
      const room = await approvals.room(tx, run.requester, run.run);
      if (!room.isLeft) {
        if (isNew) await runs.insertStep(tx, run.run, newStep(step, 'proposed', CROWDED));
        return room.hasOwn ? pause('awaiting-approval', null) : pause('waiting', CROWDED, CROWDED_RETRY_MS);
      }
      const approval = askApproval({ tenant: work.lease.tenant, run }, step, reasons);
      if (isNew) await runs.insertStep(tx, run.run, newStep(step, 'awaiting-approval', null));
      else {
        await runs.setStep(tx, run.run, step.id, { state: 'awaiting-approval' });
        await runs.saveWayBack(tx, run.run, step.id, step.wayBack);
      }
      await approvals.insert(tx, approval);
      const payload = { approval: approval.id, digest: approval.digest, reasons };
      await journal.append({ kind: 'approval-asked', step: step.id, payload });
      return pause('awaiting-approval', null);
    });
  }

  private async afterApproval(work: Work, planned: PreparedStep, known: StepRecord): Promise<Next> {
    const { approvals } = this.services;
    const approval = work.approvals.get(planned.id);
    const step = asSaid(planned, approval);
    const { tenant, run } = work.lease;
    const { reasons } = step.judgement;
    if (!approval || approval.state === 'void' || approval.state === 'used')
      return this.hold(work, step, false);
    if (approval.state === 'denied')
      return this.outcomes.fail(
        work,
        step.id,
        'failed',
        sayDenial('It', approval.denial),
        end('denied', sayDenial('A step', approval.denial)),
      );
    if (approval.isExpired || approval.state === 'expired') {
      await work.lease.write((tx) => approvals.end(tx, approval.id, 'expired'));
      const reason = 'Nobody allowed it in time.';
      return this.outcomes.fail(work, step.id, 'failed', reason, end('denied', reason));
    }
    if (approval.text === null || !stillSays(approval.text, { tenant, run }, step, reasons)) {
      await work.lease.write((tx) => approvals.end(tx, approval.id, 'void'));
      return this.hold(work, step, false);
    }
    if (approval.state === 'pending') return pause('awaiting-approval', null);
    return this.intend(work, step, known, approval);
  }

  private async wait(
    work: Work,
    step: PreparedStep,
    known: StepRecord | undefined,
    { reason, retryInMs }: { reason: string; retryInMs: number },
  ): Promise<Next> {
    if (!known)
      await work.lease.write((tx, _, run) =>
        this.services.runs.insertStep(tx, run.run, newStep(step, 'proposed', reason)),
      );
    return pause('waiting', reason, retryInMs);
  }

  private async refuse(work: Work, id: string, reason: string, contract?: ReadyContract): Promise<Next> {
    // What may have taken effect is no failure because it could not be begun now.
    if (isAgain(work.steps.get(id)))
      return this.outcomes.fail(work, id, 'unknown', reason, end('needs-operator', reason));
    return work.lease.write(async (tx, journal, run) => {
      if (work.steps.has(id)) await this.services.runs.setStep(tx, run.run, id, { state: 'failed', reason });
      else await this.services.runs.insertStep(tx, run.run, refusedStep(id, reason, contract));
      await journal.append({ kind: 'refused', step: id, payload: { reason } });
      return end('failed', reason);
    });
  }
}
