import type { ToolContract } from '@belay/contracts';
import { canonicalJson } from '../../contracts/canonical-json.js';
import { compileSchema } from '../../contracts/json-schema.js';
import { valueAt } from '../../contracts/schema-at.js';
import { AskAgain, UndoHindered } from '../ask.js';
import type { ReadyContract } from '../contract-library.js';
import { probe, waitForIt } from '../settling/probe.js';
import type { StepRecord } from '../run-records.js';
import { isAsLeft, takeSnapshot } from '../snapshot.js';
import type { StepServices } from '../step-services.js';
import type { Work } from '../work.js';

/** A call that is taken back, as it is journaled. */
export interface Done {
  readonly step: StepRecord;
  readonly contract: ReadyContract;
  readonly input: Record<string, unknown>;
  readonly result: unknown;
  /** What was there before, where its contract has a snapshot taken. */
  readonly former: unknown;
  /** Whether taking it back was begun before, and may have been sent. */
  readonly isBegun: boolean;
}

/** How a step stands after it was to be taken back. */
export interface Undone {
  readonly state: 'compensated' | 'compensation-failed' | 'not-compensable';
  readonly reason: string | null;
  readonly verified: boolean | null;
}

const IS_GONE: Undone = { state: 'compensated', reason: null, verified: true };
const failed = (reason: string, verified: false | null = null): Undone => ({
  state: 'compensation-failed',
  reason,
  verified,
});
const UNCERTAIN_EFFECT = failed('Whether it took effect is not known. Somebody must look.');
const UNCERTAIN_UNDO = failed('Whether it was taken back is not known. Somebody must look.');

/** A call that perhaps never happened: as it was found to have happened, or how it stands where there is nothing to do. */
export async function ifItHappened(services: StepServices, work: Work, done: Done): Promise<Done | Undone> {
  const { document } = done.contract;
  const probed = await probe(services, work, document, { input: done.input, step: done.step });
  if (probed === 'absent') return IS_GONE;
  const fits =
    probed !== 'unsure' &&
    compileSchema(document.output.schema, 'The output schema')(probed.found).length === 0;
  const found = fits ? { ...done, result: probed.found } : done;
  if (document.snapshot) return ifItShows(services, work, found);
  return fits ? found : UNCERTAIN_EFFECT;
}

async function ifItShows(services: StepServices, work: Work, done: Done): Promise<Done | Undone> {
  const now = await takeSnapshot(services, work, done.contract, done.input);
  if (now?.kind !== 'there') return UNCERTAIN_EFFECT;
  if (isSame(now.value, done.former)) {
    waitForIt(done.contract.document, done.step);
    return IS_GONE;
  }
  // Where the contract does not say what it becomes, anybody may have written what is there.
  const isShown = Object.keys(done.contract.document.snapshot?.becomes ?? {}).length > 0;
  return isShown && isAsLeft(done.contract, done.input, now.value) ? done : UNCERTAIN_EFFECT;
}

/** A call without the arguments to take it back; if a look says that there is nothing, all is well. */
export async function withoutArguments(services: StepServices, work: Work, done: Done): Promise<Undone> {
  const probed = await probe(services, work, done.contract.document, done);
  return probed === 'absent' ? IS_GONE : UNCERTAIN_EFFECT;
}

/** What somebody changed since, in words; nothing where the call may be taken back. */
export async function whatChanged(
  services: StepServices,
  work: Work,
  done: Done,
): Promise<Undone | undefined> {
  const { compensation, snapshot } = done.contract.document;
  if (snapshot) return whatChangedThere(services, work, done);
  if (!compensation || compensation.unchanged.length === 0 || done.result === undefined) return undefined;
  const now = await probe(services, work, done.contract.document, done);
  if (now === 'unsure') return failed('Whether somebody changed it since cannot be found out.');
  if (now === 'absent') return compensation.tolerateMissing ? undefined : failed('It is not there any more.');
  return isUnchanged(compensation.unchanged, now.found, done.result)
    ? undefined
    : failed('Somebody changed it since, and that is left alone.');
}

async function whatChangedThere(services: StepServices, work: Work, done: Done): Promise<Undone | undefined> {
  const now = await takeSnapshot(services, work, done.contract, done.input);
  if (now?.kind !== 'there')
    return failed(
      now?.kind === 'nothing'
        ? 'It is not there any more.'
        : 'Whether somebody changed it since cannot be found out.',
    );
  if (isSame(now.value, done.former) || isAsLeft(done.contract, done.input, now.value)) return undefined;
  return failed('Somebody changed it since, and that is left alone.');
}

/**
 * How a step stands whose way back was begun, and perhaps sent; nothing where it may be sent again: that does no harm
 * by its contract, and all is still as it was before.
 */
export async function afterBegun(
  services: StepServices,
  work: Work,
  done: Done,
  { idempotency }: ToolContract,
): Promise<Undone | undefined> {
  const { compensation, snapshot } = done.contract.document;
  const isRepeatable = idempotency.mode !== 'none';
  if (snapshot) return afterBegunThere(services, work, done, isRepeatable);
  const probed = await probe(services, work, done.contract.document, done);
  if (probed === 'absent') return IS_GONE;
  // Without a result nobody can say whether it is as the call left it.
  if (!isRepeatable || done.result === undefined) return UNCERTAIN_UNDO;
  const unchanged = compensation?.unchanged ?? [];
  return unchanged.length === 0 || (probed !== 'unsure' && isUnchanged(unchanged, probed.found, done.result))
    ? undefined
    : UNCERTAIN_UNDO;
}

async function afterBegunThere(
  services: StepServices,
  work: Work,
  done: Done,
  isRepeatable: boolean,
): Promise<Undone | undefined> {
  const now = await takeSnapshot(services, work, done.contract, done.input);
  if (now?.kind !== 'there') return UNCERTAIN_UNDO;
  if (isSame(now.value, done.former)) return IS_GONE;
  return isRepeatable && isAsLeft(done.contract, done.input, now.value) ? undefined : UNCERTAIN_UNDO;
}

/** Whether it is gone is asked, never assumed; where that cannot be asked now, it is not confirmed. */
export async function confirm(services: StepServices, work: Work, done: Done): Promise<Undone> {
  try {
    return await confirmByLook(services, work, done);
  } catch (error) {
    if (error instanceof AskAgain || error instanceof UndoHindered)
      return { state: 'compensated', reason: null, verified: null };
    throw error;
  }
}

async function confirmByLook(services: StepServices, work: Work, done: Done): Promise<Undone> {
  if (done.contract.document.snapshot) return confirmFormer(services, work, done);
  const { compensation } = done.contract.document;
  const probed = await probe(services, work, done.contract.document, done);
  if (probed === 'unsure') return { state: 'compensated', reason: null, verified: null };
  if (probed === 'absent') return IS_GONE;
  if (done.result !== undefined && isSame(probed.found, done.result))
    return failed('The server says that it was taken back, and a look shows that it was not.', false);
  // That something else differs may be anybody's doing.
  const watched = compensation?.unchanged ?? [];
  const isOther = done.result !== undefined && !isUnchanged(watched, probed.found, done.result);
  return { state: 'compensated', reason: null, verified: isOther ? true : null };
}

async function confirmFormer(services: StepServices, work: Work, done: Done): Promise<Undone> {
  const now = await takeSnapshot(services, work, done.contract, done.input);
  if (now?.kind !== 'there') return { state: 'compensated', reason: null, verified: null };
  if (isSame(now.value, done.former)) return IS_GONE;
  return failed('The server says that it was restored, and a look shows that it was not.', false);
}

const isSame = (a: unknown, b: unknown): boolean => canonicalJson(a ?? null) === canonicalJson(b ?? null);
const isUnchanged = (places: readonly string[], now: unknown, then: unknown): boolean =>
  places.every((pointer) => isSame(valueAt(now, pointer), valueAt(then, pointer)));
