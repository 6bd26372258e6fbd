import { asToken, isWithin, tokensOf } from '../../contracts/schema-at.js';
import type { ReadyContract } from '../contract-library.js';
import type { Filled } from '../fill-arguments.js';
import { judgeStep, type StepFacts } from '../judge-step.js';
import type { Holds } from '../bounds.js';
import { SYSTEM } from '../labels.js';
import { mayAsk } from '../ask.js';
import type { StepServices } from '../step-services.js';
import type { Work } from '../work.js';

/**
 * What is sent so that a server only tries; nothing where that could be the call itself, or would tell the server
 * what a step may not tell it.
 */
export function triedArguments(
  { document, checkInput }: Pick<ReadyContract, 'document' | 'checkInput'>,
  filled: Filled,
  audience: StepFacts['audience'],
  holds: Holds,
): Record<string, unknown> | undefined {
  const { mode, argument, value } = document.dryRun;
  const [token, ...deeper] = tokensOf(argument ?? '');
  if (mode !== 'native' || token === undefined || deeper.length > 0) return undefined;
  // A member that is undefined is none in JSON, and without it the call is made.
  if (value === undefined || value === null) return undefined;
  const place = `/${asToken(token)}`;
  const others = [...filled.labels].filter(([at]) => !isWithin(at, place));
  const tried: Filled = {
    value: { ...filled.value, [token]: value },
    labels: new Map([...others, [place, SYSTEM]]),
  };
  if (checkInput(tried.value).length > 0) return undefined;
  const before = { isLate: false, readUntrusted: false, readPrivate: false };
  const facts = { ...before, contract: document, filled: tried, control: SYSTEM, audience };
  const { refusal, reasons } = judgeStep(facts, holds);
  // What is always approved may be tried before: that is what whoever approves looks at.
  return refusal === undefined && reasons.every((reason) => reason === 'contract') ? tried.value : undefined;
}

/** What a server says that a call would do; null where it cannot or may not be asked. */
export async function dryRun(
  services: StepServices,
  work: Work,
  asked: ReadyContract,
  filled: Filled,
): Promise<unknown> {
  const { document, definition } = asked;
  if (document.dryRun.mode !== 'native') return null;
  const audience = await work.lease.read((tx) => services.runs.persons(tx, document.audience));
  const tried = triedArguments(asked, filled, audience, services.holds);
  if (!tried || !(await mayAsk(services, work, asked))) return null;
  const { tenant, run } = work.lease;
  const admission = await services.desk.admit({
    tenant,
    person: run.requester,
    contract: document,
    purpose: 'do',
  });
  if (!admission.ok) return null;
  try {
    const outcome = await services.pool.call({
      holder: `${tenant}:${run.requester}`,
      contract: document,
      definition,
      arguments: tried,
      key: `dry-run-${run.run}`,
      ...work.lease.bond,
    });
    if (work.lease.isHeld) services.desk.note(document, outcome);
    return outcome.kind === 'result' ? outcome.value : null;
  } finally {
    await admission.done();
  }
}
