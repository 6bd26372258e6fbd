import { isDomainError } from '@belay/errors';
import type { Fixture, FixtureResult, Playbook } from '@belay/contracts';
import { canonicalJson } from '../contracts/canonical-json.js';
import type { FindContract } from '../contracts/finding.js';
import { compileSchema } from '../contracts/json-schema.js';
import { type Outcome, type ReadyStep, unfold } from '../plans/unfold.js';
import { fillArguments } from '../runs/fill-arguments.js';
import { type Label, type Labelled, SYSTEM } from '../runs/labels.js';
import { fillSlots } from './fill-slots.js';

const USER: Label = { ...SYSTEM, integrity: 'user' };
const MOST_STEPS = 1000;

/** Plays the fixtures of a playbook: which steps its recorded calls lead to, with which arguments. Calls nothing. */
export function tryFixtures(playbook: Playbook, find: FindContract): FixtureResult[] {
  return playbook.fixtures.map((fixture) => {
    try {
      return { name: fixture.name, problem: differs(fixture, play(playbook, fixture, find)) };
    } catch (problem) {
      if (isDomainError(problem)) return { name: fixture.name, problem: problem.message };
      throw problem;
    }
  });
}

interface Played {
  readonly steps: readonly { readonly id: string; readonly arguments: unknown }[];
  readonly problem: string | undefined;
}

function play(playbook: Playbook, fixture: Fixture, find: FindContract): Played {
  const slots = new Map<string, Labelled>(
    Object.entries(fillSlots(playbook, fixture.slots)).map(([name, value]) => [name, { value, label: USER }]),
  );
  const outcomes = new Map<string, Outcome>();
  const steps: { id: string; arguments: unknown }[] = [];
  for (let next = unfold(playbook.steps, outcomes, slots, SYSTEM); ;) {
    const [step] = next.ready;
    if (!step || steps.length >= MOST_STEPS) return { steps, problem: next.problem };
    const { problem, args } = argumentsOf(step, find);
    steps.push({ id: step.id, arguments: args });
    if (problem !== undefined) return { steps, problem };
    outcomes.set(step.id, outcomeOf(step, fixture));
    next = unfold(playbook.steps, outcomes, slots, SYSTEM);
  }
}

function argumentsOf(
  { node, values, id }: ReadyStep,
  find: FindContract,
): { args: unknown; problem?: string } {
  if (!('contract' in node)) return { args: {} };
  const args = fillArguments(node.arguments, SYSTEM, values).value;
  const contract = find(node.contract);
  if (!contract) return { args, problem: `No approved contract is ${node.contract}.` };
  const { mode, argument = '' } = contract.idempotency;
  const whole = mode === 'key' ? { ...args, [argument.slice(1)]: 'fixture' } : args;
  const [problem] = compileSchema(contract.input.schema, 'schema')(whole);
  return problem === undefined ? { args } : { args, problem: `The arguments of ${id}: ${problem}.` };
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
