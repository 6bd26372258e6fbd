import {
  type PlanNode,
  PlannedCall,
  PlannedQuestion,
  type PreviewStep,
  type ToolContract,
} from '@belay/contracts';
import { isDomainError } from '@belay/errors';
import type { ReadyContract } from './contract-library.js';
import { dryRun } from './dry-run.js';
import { type Filled, fillArguments } from './fill-arguments.js';
import type { StepServices } from './step-services.js';
import { wayBackOf } from './way-back.js';
import type { Work } from './work.js';

type Within = PreviewStep['within'];
const MOST_PREVIEWED = 200;

/**
 * What a plan would do, call by call, found out without an effect: from contract and arguments, and by asking the
 * server where it can say what it would do.
 */
export async function previewPlan(services: StepServices, work: Work): Promise<PreviewStep[]> {
  const calls = flatten(work.nodes, null).slice(0, MOST_PREVIEWED);
  const previews: PreviewStep[] = [];
  for (const { node, within } of calls) {
    if ('ask' in node) previews.push(questionPreview(node, within));
    else previews.push(await previewCall(services, work, node, within));
  }
  return previews;
}

interface Placed {
  readonly node: PlannedCall | PlannedQuestion;
  readonly within: Within;
}

function flatten(nodes: readonly PlanNode[], within: Within): Placed[] {
  return nodes.flatMap((node) => {
    if ('if' in node) {
      const inside: Within = within ?? { kind: 'if', most: 1 };
      return [...flatten(node.then, inside), ...flatten(node.else ?? [], inside)];
    }
    if ('each' in node)
      return flatten(node.do, {
        kind: 'each',
        most: node.each.most * (within?.kind === 'each' ? within.most : 1),
      });
    if ('together' in node) return node.together.flatMap((branch) => flatten(branch, within));
    return [{ node, within }];
  });
}

function questionPreview({ id, ask }: PlannedQuestion, within: Within): PreviewStep {
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
    dryRun: null,
    problem: null,
  };
}

async function previewCall(
  services: StepServices,
  work: Work,
  node: PlannedCall,
  within: Within,
): Promise<PreviewStep> {
  const contract = await work.lease.read((tx) => services.library.find(tx, node.contract));
  if (!contract)
    return {
      ...questionPreview({ id: node.id, ask: node.contract, type: 'text' }, within),
      problem: `There is no approved contract ${node.contract}.`,
    };
  const { document } = contract;
  const undo =
    document.compensation &&
    (await work.lease.read((tx) => services.library.find(tx, document.compensation?.contract ?? '')));
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
    dryRun: filled && problem === null ? await dryRun(services, work, contract, filled) : null,
    problem,
  };
}

function approvalOf({ approval, effect }: ToolContract): PreviewStep['approval'] {
  if (approval.when === 'always') return 'always';
  return effect.class === 'read' && approval.when === 'never' ? 'never' : 'perhaps';
}

// What refers to a step that did not run yet stays a reference.
function fillKnown(
  work: Work,
  node: PlannedCall,
  contract: ReadyContract,
): { args: Record<string, unknown>; filled?: Filled; problem: string | null } {
  const slots = Object.fromEntries([...work.slots].map(([name, { value }]) => [name, value]));
  const known = new Map([['slots', { value: slots, label: work.ofPerson }]]);
  try {
    const filled = fillArguments(node.arguments, work.literalOf(contract.document, false), known);
    const [first] = contract.checkInput(filled.value);
    return {
      args: filled.value,
      filled,
      problem: first === undefined ? null : `Its arguments do not fit: ${first}.`,
    };
  } catch (error) {
    if (!isDomainError(error)) throw error;
    return { args: node.arguments, problem: null };
  }
}
