import {
  type PlanBounds,
  type PlanNode,
  PlannedCall,
  PlannedQuestion,
  type PreviewStep,
  type ToolContract,
} from '@belay/contracts';
import { isDomainError } from '@belay/errors';
import type { ReadyContract } from '../contract-library.js';
import { dryRun } from './dry-run.js';
import { type Filled, fillArguments } from '../fill-arguments.js';
import { SYSTEM } from '../labels.js';
import { boundsOf } from './plan-bounds.js';
import type { StepServices } from '../step-services.js';
import { wayBackOf } from '../undo/way-back.js';
import type { Work } from '../work.js';

type Find = (range: string) => Promise<ReadyContract | undefined>;
type IsFor = (contract: ReadyContract) => Promise<boolean>;
type Within = PreviewStep['within'];
type Loops = PreviewStep['loops'];
const MOST_SHOWN = 200;
// As much as the calls of a run may hold, however often a plan refers to one large value.
const MOST_BYTES = 2 * 2 ** 20;
const TOO_LARGE = 'The arguments of its calls are larger than 2 MB together.';

/**
 * What a plan would do, call by call, found out without an effect: from contract and arguments, and by asking the
 * server where it can say what it would do.
 */
export async function previewPlan(services: StepServices, work: Work): Promise<PreviewedPlan> {
  const all: PreviewStep[] = [];
  const found = new Map<string, ReadyContract | undefined>();
  const find = async (range: string): Promise<ReadyContract | undefined> => {
    if (!found.has(range)) found.set(range, await work.lease.read((tx) => services.library.find(tx, range)));
    return found.get(range);
  };
  const isFor = usersOf(services, work);
  let bytes = 0;
  for (const { node, within, loops } of flatten(work.nodes, null, [])) {
    const isShown = all.length < MOST_SHOWN;
    const step =
      'ask' in node
        ? questionPreview(node, within, loops)
        : await previewCall({ services, work, find, isFor }, { node, within, loops }, isShown);
    bytes += sizeOf(step.arguments);
    if (bytes > MOST_BYTES) {
      all.push({ ...step, arguments: null, dryRun: null, problem: TOO_LARGE });
      break;
    }
    // What a server says of a call is shown as far as there is room for it.
    const hasRoom = bytes + sizeOf(step.dryRun) <= MOST_BYTES;
    if (hasRoom) bytes += sizeOf(step.dryRun);
    all.push({ ...step, arguments: isShown ? step.arguments : null, dryRun: hasRoom ? step.dryRun : null });
  }
  const steps = all.slice(0, MOST_SHOWN);
  const problem = all.find((step) => step.problem !== null)?.problem ?? null;
  const digests = Object.fromEntries(
    [...found].flatMap(([range, one]) => (one ? [[range, one.digest]] : [])),
  );
  return { steps, bounds: boundsOf(all, steps.length), digests, problem };
}

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '');

/** What is shown of a plan, what all of it comes to, and why it cannot be carried out. */
export interface PreviewedPlan {
  readonly steps: readonly PreviewStep[];
  readonly bounds: PlanBounds;
  /** The digest of the contract that each range of the plan stood for. */
  readonly digests: Readonly<Record<string, string>>;
  readonly problem: string | null;
}

/** Whether contracts are for the person of a run; each is looked up once. */
function usersOf({ runs, holds }: StepServices, { lease }: Work): IsFor {
  const { run, requester, requesterName } = lease.run;
  const known = new Map<string, boolean>();
  return async ({ document: contract, digest }) => {
    const isUser =
      known.get(digest) ??
      (await lease.read((tx) => runs.guard(tx, { run, requester, requesterName, contract, digest }))).isUser;
    known.set(digest, isUser);
    return isUser || !holds('users');
  };
}

interface Placed<Node = PlannedCall | PlannedQuestion> {
  readonly node: Node;
  readonly within: Within;
  readonly loops: Loops;
}

function flatten(nodes: readonly PlanNode[], within: Within, loops: Loops): Placed[] {
  return nodes.flatMap((node) => {
    if ('if' in node) {
      const inside: Within = within ?? { kind: 'if', most: 1 };
      return [...flatten(node.then, inside, loops), ...flatten(node.else ?? [], inside, loops)];
    }
    if ('each' in node) {
      const { id, over, most } = node.each;
      const inside: Within = { kind: 'each', most: most * (within?.kind === 'each' ? within.most : 1) };
      return flatten(node.do, inside, [...loops, { id, over }]);
    }
    if ('together' in node) return node.together.flatMap((branch) => flatten(branch, within, loops));
    return [{ node, within, loops }];
  });
}

function questionPreview({ id, ask }: PlannedQuestion, within: Within, loops: Loops): PreviewStep {
  return {
    id,
    contract: null,
    title: ask,
    effect: null,
    arguments: null,
    blast: null,
    wayBack: null,
    cost: 0,
    approval: 'never',
    within,
    loops,
    dryRun: null,
    problem: null,
  };
}

async function previewCall(
  { services, work, find, isFor }: { services: StepServices; work: Work; find: Find; isFor: IsFor },
  { node, within, loops }: Placed<PlannedCall>,
  isShown: boolean,
): Promise<PreviewStep> {
  const contract = await find(node.contract);
  // Whom it is not for is told no more of it than that there is none.
  if (!contract || !(await isFor(contract)))
    return {
      ...questionPreview({ id: node.id, ask: node.contract, type: 'text' }, within, loops),
      problem: `There is no approved contract ${node.contract}.`,
    };
  const { document } = contract;
  const undo = document.compensation && (await find(document.compensation.contract));
  const { args, filled, problem } = fillKnown(work, node, contract);
  const { resource, maxItems } = document.effect.blast;
  return {
    id: node.id,
    contract: contract.name,
    title: document.title,
    effect: document.effect.class,
    arguments: args,
    blast: { resource, items: document.effect.blast.items === undefined ? 1 : maxItems },
    wayBack: wayBackOf(document, undo?.document),
    cost: document.budget.cost,
    approval: approvalOf(document),
    within,
    loops,
    dryRun: isShown && filled && problem === null ? await dryRun(services, work, contract, filled) : null,
    problem,
  };
}

function approvalOf({ approval, effect }: ToolContract): PreviewStep['approval'] {
  if (approval.when === 'always') return 'always';
  return effect.class === 'read' && approval.when === 'never' ? 'never' : 'perhaps';
}

// What refers to a step that did not run yet stays a reference, and what the person said is there.
function fillKnown(
  work: Work,
  node: PlannedCall,
  contract: ReadyContract,
): { args: Record<string, unknown>; filled?: Filled; problem: string | null } {
  const slots = Object.fromEntries([...work.slots].map(([name, { value }]) => [name, value]));
  const known = new Map([['slots', { value: slots, label: work.ofSlots }]]);
  const literal = work.literalOf(contract.document, false);
  try {
    const filled = fillArguments(node.arguments, literal, known);
    const [first] = contract.checkInput(filled.value);
    return {
      args: filled.value,
      filled,
      problem: first === undefined ? null : `Its arguments do not fit: ${first}.`,
    };
  } catch (error) {
    if (!isDomainError(error)) throw error;
    return { args: partOf(node, known) ?? node.arguments, problem: null };
  }
}

/** Arguments with what is known of them; nothing for those that are out of bounds. */
function partOf(
  { arguments: given }: PlannedCall,
  known: Parameters<typeof fillArguments>[2],
): Record<string, unknown> | undefined {
  try {
    return fillArguments(given, SYSTEM, known, { keepsUnknown: true }).value;
  } catch (error) {
    if (!isDomainError(error)) throw error;
    return undefined;
  }
}
