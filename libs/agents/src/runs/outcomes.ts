import type { StepState } from '@belay/contracts';
import type { Transaction } from '@belay/database';
import { canonicalJson } from '../contracts/canonical-json.js';
import { SEARCH_DIGEST } from '../documents/search-contract.js';
import type { CallOutcome } from '../peers/call-outcome.js';
import { DriftRepository } from '../registry/drift.repository.js';
import { BlastRepository } from './blast.repository.js';
import { meaningOf } from './settling/meaning-of-outcome.js';
import { documentsIn } from './lost-documents.js';
import { end, type Next, ON, pause } from './next.js';
import type { PreparedStep } from './prepare-step.js';
import { isAgain, type StepRecord, type StoredLabel } from './run-records.js';
import type { StepServices } from './step-services.js';
import type { Work } from './work.js';

const BLASTS = new BlastRepository();
const DRIFTS = new DriftRepository();
const MOST_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 1000;
const NO_TEXT = {
  kind: 'invalid',
  reason: 'What the server answered holds half of a character, and is not taken over.',
} as const;

/** Writes down what came of a call, and says what it means for the run. */
export class Outcomes {
  constructor(private readonly services: StepServices) {}

  /**
   * What an outcome means. Nothing is sent again that could have taken effect, except under its key; and what an
   * earlier attempt may have done is not undone by a later one that did nothing.
   */
  async conclude(work: Work, step: PreparedStep, given: CallOutcome, known?: StepRecord): Promise<Next> {
    if (given.kind === 'result' && isJson(given.value))
      return this.succeed(work, step, given.value, 'succeeded');
    const outcome = given.kind === 'result' ? NO_TEXT : given;
    const attempts = (known?.attempts ?? 0) + 1;
    const meaning = meaningOf(outcome.kind, {
      isRead: step.contract.document.effect.class === 'read',
      mayHaveBeen: isAgain(known),
      isLast: attempts >= MOST_ATTEMPTS,
    });
    if (outcome.kind === 'drift')
      return this.suspend(work, step, outcome.changes, meaning === 'suspended-unknown');
    const { reason } = outcome;
    if (meaning === 'given-back') return this.giveBack(work, step, reason, attempts);
    if (meaning === 'failed') return this.fail(work, step.id, 'failed', reason, end('failed', reason));
    const isLater = meaning === 'unknown-later';
    const next = isLater ? pause('waiting', reason, FIRST_PAUSE_MS * 2 ** attempts) : ON;
    return this.fail(work, step.id, 'unknown', reason, next);
  }

  private async suspend(
    work: Work,
    step: PreparedStep,
    changes: unknown,
    mayHaveBeen: boolean,
  ): Promise<Next> {
    const { document, digest, name } = step.contract;
    const reason = 'Its server describes the tool in another way than was approved.';
    return work.lease.write(async (tx, journal, run) => {
      await DRIFTS.quarantine(tx, digest, reason);
      await DRIFTS.save(tx, document, JSON.stringify(changes));
      if (!mayHaveBeen) await this.uncount(tx, run.run, step);
      const state = mayHaveBeen ? 'unknown' : 'proposed';
      await this.services.runs.setStep(tx, run.run, step.id, { state, reason });
      await journal.append({ kind: 'drift', step: step.id, payload: { contract: name } });
      await journal.recordDrift(name, changes);
      return pause('suspended', `${name}: ${reason}`);
    });
  }

  private async giveBack(work: Work, step: PreparedStep, reason: string, attempts: number): Promise<Next> {
    const isLast = attempts >= MOST_ATTEMPTS;
    const next = isLast ? end('failed', reason) : pause('waiting', reason, FIRST_PAUSE_MS * 2 ** attempts);
    return work.lease.write(async (tx, journal, run) => {
      await this.uncount(tx, run.run, step);
      // Nothing was sent: what was allowed is still allowed.
      const isAllowed = !isLast && (await this.services.approvals.giveBack(tx, run.run, step.id)) > 0;
      const state = isAllowed ? 'awaiting-approval' : 'proposed';
      await this.services.runs.setStep(tx, run.run, step.id, { state: isLast ? 'failed' : state, reason });
      await journal.append({ kind: 'not-sent', step: step.id, payload: { reason } });
      return next;
    });
  }

  private async uncount(
    tx: Transaction,
    run: string,
    { id: step, contract: { document }, items }: PreparedStep,
  ): Promise<void> {
    if (document.effect.class === 'read') return;
    await BLASTS.uncount(tx, { run, step }, { resource: document.effect.blast.resource, items });
  }

  /** Writes down a result and what reading it means for the run. */
  succeed(work: Work, step: PreparedStep, value: unknown, how: string): Promise<Next> {
    const text = canonicalJson(value);
    return work.lease.write(async (tx, journal, run) => {
      const { document } = step.contract;
      const readers = await this.readers(tx, step, value, run.requester);
      const label: StoredLabel = {
        integrity: 'untrusted',
        readers: readers && [...readers],
        origins: [document.peer.id],
        // A server may give back what it was given.
        documents: isSearch(step) ? documentsIn(value) : [...step.documents],
      };
      const { runs } = this.services;
      await Promise.all([
        runs.setStep(tx, run.run, step.id, { state: 'succeeded' }),
        runs.saveResult(tx, run.run, step.id, text, JSON.stringify(label)),
        runs.noteRead(tx, run.run, readers !== null),
        journal.append({ kind: how, step: step.id, payload: { result: work.digestOf(value) } }),
      ]);
      return ON;
    });
  }

  /** Writes down that a step is over without a result. */
  fail(work: Work, id: string, state: StepState, reason: string, next: Next): Promise<Next> {
    return work.lease.write(async (tx, journal, run) => {
      await this.services.runs.setStep(tx, run.run, id, { state, reason });
      await journal.append({ kind: state, step: id, payload: { reason } });
      return next;
    });
  }

  // Whoever sees what is put into a tool may read what it gives back, and so may whoever asked; a document is for its
  // own readers.
  private async readers(
    tx: Transaction,
    step: PreparedStep,
    value: unknown,
    person: number,
  ): Promise<ReadonlySet<number> | null> {
    if (isSearch(step)) return this.services.runs.readersOf(tx, documentsIn(value), person);
    const audience = await this.services.runs.persons(tx, step.contract.document.audience);
    return audience && new Set([...audience, person]);
  }
}

const isSearch = ({ contract }: PreparedStep): boolean => contract.digest === SEARCH_DIGEST;

function isJson(value: unknown): boolean {
  try {
    return canonicalJson(value) !== '';
  } catch {
    return false;
  }
}
