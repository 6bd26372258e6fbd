import type { ToolContract } from '@belay/contracts';
import { canonicalJson } from '../../contracts/canonical-json.js';
import { valueAt } from '../../contracts/schema-at.js';
import type { Asked } from '../admission.js';
import { ask, AskAgain } from '../ask.js';
import type { StepRecord } from '../run-records.js';
import type { StepServices } from '../step-services.js';
import type { JournaledCall } from '../undo/way-back.js';
import type { Work } from '../work.js';

/** What a probe said: the thing that a call made or changed, that there is none, or nothing that can be relied on. */
export type Probed = { readonly found: unknown } | 'absent' | 'unsure';

/** A call that is looked for. */
export interface Sought {
  readonly input: unknown;
  /** Undefined where its outcome is not known. */
  readonly result?: unknown;
  readonly step: Pick<StepRecord, 'key' | 'intendedAt' | 'foundBefore'>;
}

/**
 * Asks a server, by the reading contract that is named for it, whether a call took effect. What is found counts only
 * if it is this call's: by its key, by what is known of its result, or because nothing was there before and just one
 * is there now. Throws AskAgain where nothing is there yet, and the server may still be at work.
 */
export async function probe(
  services: StepServices,
  work: Work,
  contract: ToolContract,
  { input, result, step }: Sought,
): Promise<Probed> {
  if (!contract.probe) return 'unsure';
  const found = await look(services, work, contract, { input, key: step.key ?? undefined });
  if (!found) return 'unsure';
  const own = found.filter((one) => isSameThing(contract, one, result));
  if (own.length > 1) return 'unsure';
  const isKnown = result !== undefined || isByKey(contract) || step.foundBefore === false;
  if (own.length === 1) return isKnown ? { found: own[0] } : 'unsure';
  if (result === undefined) waitForIt(contract, step);
  return 'absent';
}

/**
 * Whether a probe finds something before a call; undefined where nobody will have to know: what its key finds is
 * its own, and what may be sent again needs no look. Null where it cannot be found out.
 */
export async function foundBefore(
  services: StepServices,
  work: Work,
  contract: ToolContract,
  input: unknown,
): Promise<boolean | null | undefined> {
  if (!contract.probe || isByKey(contract) || contract.idempotency.mode !== 'none') return undefined;
  const found = await look(services, work, contract, { input }, 'do');
  return found ? found.length > 0 : null;
}

/** How long after a call without an answer its server may still be working on it. */
const graceOf = ({ limits }: ToolContract): number => Math.max(limits.timeoutMs, limits.settleMs ?? 0);

/** Throws AskAgain while a call that was sent and never answered may still take effect. */
export function waitForIt(contract: ToolContract, { intendedAt }: Sought['step']): void {
  if (!intendedAt) return;
  const until = intendedAt.getTime() + contract.limits.timeoutMs + graceOf(contract);
  const left = until - Date.now();
  if (left > 0)
    throw new AskAgain('The server did not answer and may still be at it; it is asked again.', left);
}

async function look(
  services: StepServices,
  work: Work,
  { probe: named }: ToolContract,
  call: JournaledCall,
  purpose: Asked['purpose'] = work.lease.run.state === 'compensating' ? 'undo' : 'settle',
): Promise<readonly unknown[] | undefined> {
  if (!named) return undefined;
  const { contract, args, found } = named;
  const outcome = await ask(services, work, { contract, args, purpose, call });
  return outcome?.kind === 'result' ? listOf(valueAt(outcome.value, found)) : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null || value === false ? [] : [value];
}

const isByKey = ({ probe: named }: ToolContract): boolean =>
  Object.values(named?.args ?? {}).includes('$key');

/** Whether something found may be what a call gave, by the places by which its way back names it. */
function isSameThing({ compensation }: ToolContract, found: unknown, result: unknown): boolean {
  if (result === undefined) return true;
  const named = Object.values(compensation?.args ?? {}).flatMap((source) =>
    typeof source === 'string' && source.startsWith('$result/') && !source.includes('*')
      ? source.slice(7)
      : [],
  );
  const places = named.filter((at) => !(compensation?.unchanged ?? []).includes(at));
  return places.every((at) => {
    const there = valueAt(found, at);
    return there === undefined || canonicalJson(there) === canonicalJson(valueAt(result, at) ?? null);
  });
}
