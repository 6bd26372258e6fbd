import { setImmediate } from 'node:timers/promises';
import { isDomainError } from '@belay/errors';
import type { Fixture, FixtureResult, Playbook, ToolContract } from '@belay/contracts';
import { canonicalJson } from '../contracts/canonical-json.js';
import type { FindContract } from '../contracts/finding.js';
import { type Check, compileSchema } from '../contracts/json-schema.js';
import { type Outcome, type ReadyStep, unfold } from '../plans/unfold.js';
import { fillArguments } from '../runs/fill-arguments.js';
import { type Label, type Labelled, SYSTEM } from '../runs/labels.js';
import { fillSlots } from './fill-slots.js';

const USER: Label = { ...SYSTEM, integrity: 'user' };
// As many as a fixture can tell of.
const MOST_STEPS = 200;
const MOST_STEPS_IN_ALL = 1000;

/**
 * Plays the fixtures of a playbook: which steps its recorded calls lead to, with which arguments. Calls nothing; what
 * it takes is bounded for all of them together, and between two steps others have their turn.
 */
export async function tryFixtures(playbook: Playbook, find: FindContract): Promise<FixtureResult[]> {
  const trial = { find, checks: new Map<ToolContract, Check>(), steps: 0 };
  const results: FixtureResult[] = [];
  for (const fixture of playbook.fixtures)
    results.push({ name: fixture.name, problem: await problemOf(playbook, fixture, trial) });
  return results;
}

/** What all fixtures have in common. */
interface Trial {
  readonly find: FindContract;
  /** Of each contract, compiled once. */
  readonly checks: Map<ToolContract, Check>;
  /** How many were played. */
  steps: number;
}

async function problemOf(playbook: Playbook, fixture: Fixture, trial: Trial): Promise<string | null> {
  try {
    return differs(fixture, await play(playbook, fixture, trial));
  } catch (problem) {
    if (isDomainError(problem)) return problem.message;
    throw problem;
  }
}

interface Played {
  readonly steps: readonly { readonly id: string; readonly arguments: unknown }[];
  readonly problem: string | undefined;
}

async function play(playbook: Playbook, fixture: Fixture, trial: Trial): Promise<Played> {
  const slots = new Map<string, Labelled>(
    Object.entries(fillSlots(playbook, fixture.slots)).map(([name, value]) => [name, { value, label: USER }]),
  );
  const outcomes = new Map<string, Outcome>();
  const steps: { id: string; arguments: unknown }[] = [];
  for (;;) {
    await setImmediate();
    const next = unfold(playbook.steps, outcomes, slots, SYSTEM);
    const [step] = next.ready;
    if (!step) return { steps, problem: next.problem };
    const tooMany = oneMore(trial, steps.length);
    if (tooMany !== undefined) return { steps, problem: tooMany };
    const { problem, args } = argumentsOf(step, trial);
    steps.push({ id: step.id, arguments: args });
    if (problem !== undefined) return { steps, problem };
    outcomes.set(step.id, outcomeOf(step, fixture));
  }
}

/** Counts a step; a text where there were too many before it. */
function oneMore(trial: Trial, played: number): string | undefined {
  if (played >= MOST_STEPS) return `It comes to more than ${MOST_STEPS} steps.`;
  if (trial.steps >= MOST_STEPS_IN_ALL)
    return `The fixtures come to more than ${MOST_STEPS_IN_ALL} steps together.`;
  trial.steps += 1;
  return undefined;
}

function argumentsOf({ node, values, id }: ReadyStep, trial: Trial): { args: unknown; problem?: string } {
  if (!('contract' in node)) return { args: {} };
  const args = fillArguments(node.arguments, SYSTEM, values).value;
  const contract = trial.find(node.contract);
  if (!contract) return { args, problem: `No approved contract is ${node.contract}.` };
  const { mode, argument = '' } = contract.idempotency;
  const whole = mode === 'key' ? { ...args, [argument.slice(1)]: 'fixture' } : args;
  const [problem] = checkOf(contract, trial)(whole);
  return problem === undefined ? { args } : { args, problem: `The arguments of ${id}: ${problem}.` };
}

function checkOf(contract: ToolContract, { checks }: Trial): Check {
  const check = checks.get(contract) ?? compileSchema(contract.input.schema, 'schema');
  checks.set(contract, check);
  return check;
}

// What was not recorded is a call that fails.
function outcomeOf({ id, node }: ReadyStep, { results }: Fixture): Outcome {
  if (!Object.hasOwn(results, id)) return { state: 'failed' };
  const integrity = 'contract' in node ? 'untrusted' : 'user';
  return { state: 'succeeded', value: results[id], label: { ...SYSTEM, integrity } };
}

function differs({ steps: expected, problem: wanted }: Fixture, { steps, problem }: Played): string | null {
  const names = (of: readonly { readonly id: string }[]): string =>
    of.map(({ id }) => id).join(', ') || 'none';
  if (problem !== undefined && (wanted === undefined || !problem.includes(wanted))) return problem;
  if (problem === undefined && wanted !== undefined)
    return `It went to its end without the problem "${wanted}".`;
  if (names(steps) !== names(expected))
    return `The steps are ${names(steps)}; expected were ${names(expected)}.`;
  const other = expected.find(
    (step, index) =>
      step.arguments !== undefined &&
      canonicalJson(step.arguments) !== canonicalJson(steps[index]?.arguments),
  );
  const got = steps.find(({ id }) => id === other?.id);
  return other
    ? `The arguments of ${other.id} are ${canonicalJson(got?.arguments)}; expected were ${canonicalJson(other.arguments)}.`
    : null;
}
