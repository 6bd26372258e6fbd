import type { Run, RunRow, RunStep } from '@belay/contracts';
import { redacted } from './redacted.js';
import type { RunListRow, RunViewRow, StepViewRow } from './run-view.repository.js';
import type { DigestOf } from './salted-digest.js';

/** A step as its row says; what a question takes stands where a call has its arguments. */
export function stepOf({ kept, backUntil, ...row }: StepViewRow, digestOf: DigestOf): RunStep {
  const step = { ...row, backUntil: backUntil?.toISOString() ?? null };
  const [args, result] = [step.arguments, step.result].map((text) =>
    text === null ? null : redacted(JSON.parse(text), kept.redact, digestOf),
  );
  if (step.contract !== null) return { ...step, arguments: args, result, choices: null, asks: null };
  const { choices = null, type = null } = (args ?? {}) as {
    choices?: RunStep['choices'];
    type?: RunStep['asks'];
  };
  return { ...step, arguments: null, result, choices, asks: type };
}

/** The outline of a run, for whoever may see that it is there. */
export function rowOf(run: RunListRow): RunRow {
  const { id, title, requester, planner, state, reason, cost, budget } = run;
  const [createdAt, changedAt] = [run.createdAt.toISOString(), run.changedAt.toISOString()];
  return { id, title, requester, planner, state, reason, createdAt, changedAt, cost, budget };
}

/** When what a run holds is forgotten, or was. */
export function keptOf({ forgetAt, forgottenAt }: RunViewRow): Pick<Run, 'forgetsAt' | 'forgotAt'> {
  if (forgottenAt !== null) return { forgetsAt: null, forgotAt: forgottenAt.toISOString() };
  return { forgetsAt: forgetAt?.toISOString() ?? null, forgotAt: null };
}
