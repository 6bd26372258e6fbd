import { compileSchema } from '../../contracts/json-schema.js';
import { AskAgain } from '../ask.js';
import { end, type Next, pause } from '../next.js';
import type { Outcomes } from '../outcomes.js';
import type { PreparedStep } from '../prepare-step.js';
import { probe } from './probe.js';
import type { StepRecord } from '../run-records.js';
import type { StepServices } from '../step-services.js';
import type { Work } from '../work.js';

const MOST_ATTEMPTS = 3;

/** Who sends a call again, and writes down what is found out. */
export interface Sender {
  readonly outcomes: Outcomes;
  intend(work: Work, step: PreparedStep, known: StepRecord): Promise<Next>;
}

/**
 * Finds out what became of a call whose outcome is not known. A read, a naturally idempotent call and one with a key
 * are made again; else its probe is asked; else a person must look. Nothing is ever sent twice on chance.
 */
export async function settleUnknown(
  runner: Sender,
  services: StepServices,
  work: Work,
  step: PreparedStep,
  known: StepRecord,
): Promise<Next> {
  const { document } = step.contract;
  const isRepeatable = document.effect.class === 'read' || document.idempotency.mode !== 'none';
  if (isRepeatable && known.attempts < MOST_ATTEMPTS) return runner.intend(work, step, known);
  if (document.effect.class === 'read') {
    const reason = 'The server did not answer.';
    return runner.outcomes.fail(work, step.id, 'failed', reason, end('failed', reason));
  }
  try {
    return await settleByLook(runner, services, work, step, known);
  } catch (error) {
    if (error instanceof AskAgain) return pause('waiting', error.reason, error.inMs);
    throw error;
  }
}

async function settleByLook(
  { outcomes }: Sender,
  services: StepServices,
  work: Work,
  step: PreparedStep,
  known: StepRecord,
): Promise<Next> {
  const { document } = step.contract;
  const probed = await probe(services, work, document, { input: step.arguments, step: known });
  if (probed === 'absent') {
    const reason = 'The server did not answer, and a look showed that nothing happened.';
    return outcomes.fail(work, step.id, 'failed', reason, end('failed', reason));
  }
  if (probed !== 'unsure') {
    const fits = compileSchema(document.output.schema, 'The output schema')(probed.found).length === 0;
    if (fits) return outcomes.succeed(work, step, probed.found, 'found');
  }
  const reason = 'Whether it took effect is not known. Somebody must look.';
  return outcomes.fail(work, step.id, 'unknown', reason, end('needs-operator', reason));
}
