import {
  type PlanBounds,
  PlannedCall,
  PlannedQuestion,
  type PreviewStep,
  type ToolContract,
} from '@belay/contracts';
import { isDomainError } from '@belay/errors';
import { slotsAsOne } from '../../plans/unfold.js';
import type { ReadyContract } from '../contract-library.js';
import { dryRun } from './dry-run.js';
import { type Filled, fillArguments } from '../fill-arguments.js';
import { judgeStep } from '../judge-step.js';
import { SYSTEM } from '../labels.js';
import { type Place, placeCalls, type Placed, type Values } from './place-calls.js';
import { boundsOf } from './plan-bounds.js';
import type { StepServices } from '../step-services.js';
import { foresee } from '../undo/foresee.js';
import { type Foreseen, wayBackOf } from '../undo/way-back.js';
import type { Work } from '../work.js';

type Find = (range: string) => Promise<ReadyContract | undefined>;
type IsFor = (contract: ReadyContract) => Promise<boolean>;
const MOST_SHOWN = 200;
const MOST_ROUNDS = 5;
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
  const placed = placeCalls(work);
  const acting = await actingServers(placed, find);
  for (const { node, ...place } of placed) {
    const isShown = all.length < MOST_SHOWN;
    const step =
      'ask' in node
        ? questionPreview(node, place)
        : await previewCall({ services, work, find, isFor, acting }, { node, ...place }, isShown);
    bytes += sizeOf(step.arguments) + sizeOf(step.rounds);
    if (bytes > MOST_BYTES) {
      all.push({ ...step, arguments: null, rounds: [], dryRun: null, problem: TOO_LARGE });
      break;
    }
    // What a server says of a call is shown as far as there is room for it.
    const hasRoom = bytes + sizeOf(step.dryRun) <= MOST_BYTES;
    if (hasRoom) bytes += sizeOf(step.dryRun);
    const shown = isShown ? {} : { arguments: null, rounds: [] };
    all.push({ ...step, ...shown, dryRun: hasRoom ? step.dryRun : null });
  }
  const steps = all.slice(0, MOST_SHOWN);
  const problem = all.find((step) => step.problem !== null)?.problem ?? null;
  const digests = Object.fromEntries(
    [...found].flatMap(([range, one]) => (one ? [[range, one.digest]] : [])),
  );
  const promised = all.flatMap(({ id, wayBack, isBackSure }) => (wayBack !== null && isBackSure ? [id] : []));
  return { steps, bounds: boundsOf(all, steps.length), digests, promised, problem };
}

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '');

/** What is shown of a plan, what all of it comes to, and why it cannot be carried out. */
export interface PreviewedPlan {
  readonly steps: readonly PreviewStep[];
  readonly bounds: PlanBounds;
  /** The digest of the contract that each range of the plan stood for. */
  readonly digests: Readonly<Record<string, string>>;
  /** The steps that are shown as ones that can be taken back in any case. */
  readonly promised: readonly string[];
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

/** How many calls of a plan may change something at each server, each as often as it may be made. */
async function actingServers(placed: readonly Placed[], find: Find): Promise<ReadonlyMap<string, number>> {
  const acting = new Map<string, number>();
  for (const { node, within } of placed) {
    const { document } = ('contract' in node && (await find(node.contract))) || {};
    if (!document || document.effect.class === 'read') continue;
    acting.set(document.peer.id, (acting.get(document.peer.id) ?? 0) + (within?.most ?? 1));
  }
  return acting;
}

function questionPreview({ id, ask }: PlannedQuestion, { within, loops }: Place): PreviewStep {
  return {
    id,
    contract: null,
    title: ask,
    effect: null,
    arguments: null,
    blast: null,
    wayBack: null,
    isBackSure: true,
    cost: 0,
    approval: 'never',
    within,
    loops,
    rounds: [],
    dryRun: null,
    problem: null,
  };
}

interface Around {
  readonly services: StepServices;
  readonly work: Work;
  readonly find: Find;
  readonly isFor: IsFor;
  readonly acting: ReadonlyMap<string, number>;
}

async function previewCall(
  around: Around,
  placed: Placed<PlannedCall>,
  isShown: boolean,
): Promise<PreviewStep> {
  const { find, isFor } = around;
  const { node } = placed;
  const contract = await find(node.contract);
  // Whom it is not for is told no more of it than that there is none.
  if (!contract || !(await isFor(contract)))
    return {
      ...questionPreview({ id: node.id, ask: node.contract, type: 'text' }, placed),
      problem: `There is no approved contract ${node.contract}.`,
    };
  return shownCall(around, placed, contract, isShown);
}

async function shownCall(
  around: Around,
  placed: Placed<PlannedCall>,
  contract: ReadyContract,
  isShown: boolean,
): Promise<PreviewStep> {
  const { services, work, find } = around;
  const { node, within, loops } = placed;
  const { document } = contract;
  const undo = document.compensation && (await find(document.compensation.contract));
  const { args, filled, ...known } = fillKnown(work, node, contract);
  const rounds = roundsOf(work, placed, contract);
  const problem = [known, ...rounds].find((one) => one.problem !== null)?.problem ?? null;
  const asked = isShown && problem === null ? filled : undefined;
  const foreseen = await foreseenOf(around, placed, contract, asked);
  const { resource, maxItems, items } = document.effect.blast;
  return {
    id: node.id,
    contract: contract.name,
    title: document.title,
    effect: document.effect.class,
    arguments: args,
    blast: { resource, items: items === undefined ? 1 : maxItems },
    wayBack: wayBackOf(document, undo?.document, foreseen),
    isBackSure: foreseen !== 'if-there',
    cost: document.budget.cost,
    approval: approvalOf(document),
    within,
    loops,
    rounds: rounds.map((round) => round.args),
    dryRun: asked ? await dryRun(services, work, contract, asked) : null,
    problem,
  };
}

/** The first rounds of a call, where what it goes over is known. */
function roundsOf(
  work: Work,
  { node, loops, rounds }: Placed<PlannedCall>,
  contract: ReadyContract,
): Known[] {
  if (loops.length === 0 || rounds === null) return [];
  return rounds.slice(0, MOST_ROUNDS).map((values) => fillKnown(work, node, contract, values));
}

/** What is known of the way back of a call: nothing sure, where what is there may be another call's by then. */
async function foreseenOf(
  { services, work, acting }: Around,
  { loops }: Placed<PlannedCall>,
  contract: ReadyContract,
  filled: Filled | undefined,
): Promise<Foreseen> {
  const { document } = contract;
  if (!document.snapshot) return 'sure';
  const isAlone = loops.length === 0 && acting.get(document.peer.id) === 1;
  if (!filled || !isAlone) return 'if-there';
  const audience = await work.lease.read((tx) => services.runs.persons(tx, document.audience));
  const before = { isLate: false, readUntrusted: false, readPrivate: false };
  const judgement = judgeStep(
    { ...before, contract: document, filled, control: SYSTEM, audience },
    services.holds,
  );
  return foresee(services, work, { contract, arguments: filled.value, judgement });
}

function approvalOf({ approval, effect }: ToolContract): PreviewStep['approval'] {
  if (approval.when === 'always') return 'always';
  return effect.class === 'read' && approval.when === 'never' ? 'never' : 'perhaps';
}

interface Known {
  readonly args: Record<string, unknown>;
  readonly filled?: Filled;
  readonly problem: string | null;
}

// What refers to a step that did not run yet stays a reference, and what the person said is there.
function fillKnown(
  work: Work,
  node: PlannedCall,
  contract: ReadyContract,
  values: Values = new Map(),
): Known {
  const known = new Map([...values, ['slots', slotsAsOne(work.slots)]]);
  const literal = work.literalOf(contract.document, false);
  try {
    const filled = fillArguments(node.arguments, literal, known);
    // It becomes the reason of the run, which is told to more people than the preview.
    const broken = contract.checkInput.brokenRuleInWords(filled.value);
    return {
      args: filled.value,
      filled,
      problem: broken === undefined ? null : `Its arguments do not fit: ${broken}.`,
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
