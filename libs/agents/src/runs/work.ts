import type { PlannedQuestion, PlanNode, PreviewStep, ToolContract } from '@belay/contracts';
import { digestOf } from '../contracts/canonical-json.js';
import { labelLiterals, wasSaid } from '../plans/literal-labels.js';
import type { Outcome } from '../plans/unfold.js';
import type { ApprovalRecord, ApprovalRepository } from './approvals/approval.repository.js';
import type { LiteralLabels } from './fill-arguments.js';
import { type Integrity, join, type Label, type Labelled, SYSTEM } from './labels.js';
import { type Lease, LeaseLost } from './lease.js';
import type { StepRecord } from './run-records.js';
import type { RunRepository } from './run.repository.js';
import { type DigestOf, saltedBy } from './salted-digest.js';

// What the arguments of a run come to; a value of an earlier step may be in many of them.
const MOST_BYTES = 2 * 1024 * 1024;
const IS_PLAYBOOK = /@/;
// Of a planner before anything was read.
const UNREAD: Label = { ...SYSTEM, integrity: 'untrusted' };

/** A run under its lease: its plan, and its steps as they stand. */
export class Work {
  steps: ReadonlyMap<string, StepRecord> = new Map();
  approvals: ReadonlyMap<string, ApprovalRecord> = new Map();
  nodes: readonly PlanNode[] = [];
  slots: ReadonlyMap<string, Labelled> = new Map();
  task = '';
  /** Whether a program with a key said what it was asked for with. */
  isOfProgram = false;
  previewDigest: string | null = null;
  /** What the preview showed: the digest of the contract for each range of the plan. */
  shown: ReadonlyMap<string, string> = new Map();
  /** The steps that the preview showed as ones that can be taken back, whatever happens. */
  promised: ReadonlySet<string> = new Set();
  digestOf: DigestOf = digestOf;
  private previewed: string | null = null;
  private bytes = 0;

  private constructor(
    readonly lease: Lease,
    private readonly runs: RunRepository,
    private readonly grants: ApprovalRepository,
  ) {}

  static async open(lease: Lease, runs: RunRepository, grants: ApprovalRepository): Promise<Work> {
    const work = new Work(lease, runs, grants);
    await work.reload();
    return work;
  }

  /** Reads run, plan, steps and approvals again; throws LeaseLost where the run is another's by now. */
  async reload(): Promise<void> {
    const { run, fence } = this.lease.run;
    const [now, plan, steps, approvals] = await this.lease.read((tx) =>
      Promise.all([
        this.runs.current(tx, run, fence),
        this.runs.plan(tx, run),
        this.runs.steps(tx, run),
        this.grants.ofRun(tx, run),
      ]),
    );
    if (!now) throw new LeaseLost();
    this.lease.run = now;
    this.task = plan.task;
    this.nodes = JSON.parse(plan.nodes) as PlanNode[];
    this.digestOf = saltedBy(plan.salt);
    if (plan.preview !== this.previewed) this.readPreview(plan.preview);
    const slots = Object.entries(JSON.parse(plan.slots) as Record<string, unknown>);
    this.isOfProgram = plan.isOfProgram;
    this.slots = new Map(slots.map(([name, value]) => [name, { value, label: this.ofSlot(value) }]));
    this.steps = new Map(steps.map((step) => [step.id, step]));
    this.bytes = steps.reduce((all, { arguments: given }) => all + (given?.length ?? 0), 0);
    this.approvals = new Map(approvals.map((approval) => [approval.step, approval]));
  }

  private readPreview(text: string | null): void {
    const preview = JSON.parse(text ?? 'null') as {
      digests?: Record<string, string>;
      promised?: readonly string[];
      steps?: readonly Pick<PreviewStep, 'id' | 'wayBack'>[];
    } | null;
    this.previewDigest = preview === null ? null : digestOf(preview);
    this.shown = new Map(Object.entries(preview?.digests ?? {}));
    // One from before this was looked into promised it of whatever has a way back.
    const hadWayBack = preview?.steps?.flatMap(({ id, wayBack }) => (wayBack === null ? [] : [id]));
    this.promised = new Set(preview?.promised ?? hadWayBack);
    this.previewed = text;
  }

  /** What nobody allowed, so that its step failed: whoever wrote that down may have ended before the run was. */
  get denied(): ApprovalRecord | undefined {
    return [...this.approvals.values()].find(
      ({ step, state }) =>
        (state === 'denied' || state === 'expired') && this.steps.get(step)?.state === 'failed',
    );
  }

  /** Whether a run may hold another call's arguments, beside those that branches at its side have taken. */
  takes(text: string): boolean {
    this.bytes += text.length;
    return this.bytes <= MOST_BYTES;
  }

  /** How the steps that are over ended; all others are still somebody's turn. */
  outcomes(): ReadonlyMap<string, Outcome> {
    const known = [...this.steps].map(([id, step]) => [id, outcomeOf(step)] as const);
    return new Map(known.filter(([, { state }]) => state !== 'pending'));
  }

  /** What the person said: its own, and for nobody else to choose. */
  get ofPerson(): Label {
    return { ...SYSTEM, integrity: 'user' };
  }

  /** What stands in a slot: the person's words, unless a program filled it. A list is the playbook's, and ours. */
  private ofSlot(value: unknown): Label {
    if (Array.isArray(value)) return SYSTEM;
    return this.isOfProgram ? UNREAD : this.ofPerson;
  }

  /**
   * The label of an answer: the person's own word. What a program answered is not, and what was chosen among what a
   * planner wrote is the planner's, unless the person had said it before.
   */
  labelOfAnswer(
    { choices }: PlannedQuestion,
    { answer, isOfProgram }: Pick<StepRecord, 'answer' | 'isOfProgram'>,
    isLate: boolean,
  ): Label {
    if (isOfProgram) return UNREAD;
    if (choices === undefined || this.maker !== 'planner') return this.ofPerson;
    const made = isLate ? this.seen : UNREAD;
    const isSaid = wasSaid(this.words, JSON.parse(answer ?? 'null'));
    return isSaid ? { ...made, integrity: 'user' } : made;
  }

  /** The labels of a call's literals: ours in a playbook, and a planner's only where the person said them. */
  literalOf(contract: ToolContract, isLate: boolean): Label | LiteralLabels {
    if (this.maker !== 'planner') return this.literal;
    return labelLiterals(contract, this.words, isLate ? this.seen : UNREAD);
  }

  /** The label of what whoever made the plan wrote into its conditions. */
  get literal(): Label {
    if (this.maker === 'planner') return this.seen;
    return this.maker === 'playbook' ? SYSTEM : this.ofPerson;
  }

  /** The label of a planner's choice of a step: nobody learns from it what its readers may not. */
  choiceOf(isLate: boolean): Label {
    return this.maker === 'planner' && isLate ? { ...this.seen, integrity: 'user' } : SYSTEM;
  }

  private get words(): string {
    return this.isOfProgram ? '' : this.task;
  }

  private get maker(): 'person' | 'playbook' | 'planner' {
    const { planner } = this.lease.run;
    if (planner === 'person') return 'person';
    return IS_PLAYBOOK.test(planner) ? 'playbook' : 'planner';
  }

  /** What a planner has seen so far, and could have put into what it says. */
  private get seen(): Label {
    const labels = [...this.outcomes().values()].flatMap((one) => ('label' in one ? [one.label] : []));
    return labels.reduce(join, UNREAD);
  }
}

function outcomeOf({ state, result, resultLabel }: StepRecord): Outcome {
  if (state === 'failed') return { state: 'failed' };
  if (state !== 'succeeded' || result === null || resultLabel === null) return { state: 'pending' };
  const { integrity, readers, origins, documents = [] } = resultLabel;
  const label = {
    integrity: integrity as Integrity,
    readers: readers && new Set(readers),
    origins: new Set(origins),
    documents: new Set(documents),
  };
  return { state: 'succeeded', value: JSON.parse(result) as unknown, label };
}
