import { randomBytes, randomUUID } from 'node:crypto';
import { recordLeaf } from '@belay/audit';
import type { AnswerQuestion, JournalEntry, NewRun, Run, RunPage, RunsQuery } from '@belay/contracts';
import type { Database, Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import { canonicalJson } from '../contracts/canonical-json.js';
import { problemOf } from '../plans/bound-plan.js';
import { checkJournal } from './journal.js';
import { KillRepository } from './kills/kill.repository.js';
import { withoutLost } from './lost-documents.js';
import { CANCELS, mayManage, rightsOn, STARTS, UNDOES } from './run-rights.js';
import type { RunVault } from './run-vault.js';
import { type NewRunRow, RunViewRepository, type RunViewRow } from './run-view.repository.js';
import { saltedBy } from './salted-digest.js';
import { previewOf, shownPreview } from './preview/shown-preview.js';
import { keptOf, rowOf, stepOf } from './shown-run.js';

const BUDGET = 1000;
const MOST_OPEN = 100;
const SALT_BYTES = 16;
/** What a playbook gives for a run. */
export interface PlaybookPlan {
  readonly name: string;
  readonly title: string;
  readonly nodes: NewRunRow['nodes'];
  readonly slots: NewRunRow['slots'];
  readonly task: string;
  readonly budget: number;
}

/** Finds a playbook that a person may use and puts the person's words in its slots; throws where that cannot be. */
export type FindPlaybook = (
  actor: SignedIn,
  run: Extract<NewRun, { playbook: string }>,
) => Promise<PlaybookPlan>;

/**
 * Runs as people ask for them, see them, and stop them or take them back. A run is its requester's alone; developers,
 * approvers and administrators see its outline, without arguments and results.
 */
export class RunService {
  private readonly views: RunViewRepository;
  private readonly kills = new KillRepository();

  constructor(
    private readonly database: Database,
    private readonly wake: (run: string) => Promise<void>,
    private readonly playbook: FindPlaybook,
    vault: RunVault,
  ) {
    this.views = new RunViewRepository(vault);
  }

  /** Plans a run. Nothing happens before it is started. */
  async create(actor: SignedIn, asked: NewRun): Promise<Run> {
    const id = randomUUID();
    if ('playbook' in asked) {
      const { name, title, ...plan } = await this.playbook(actor, asked);
      // Nothing of it is a program's where no slot was filled by one.
      const isOfProgram = actor.actions !== null && Object.keys(asked.slots).length > 0;
      return this.insert(actor, { id, title, planner: name, isOpen: false, isOfProgram, ...plan });
    }
    const problem = problemOf(asked.steps);
    if (problem !== undefined) throw new DomainError('request.invalid', problem);
    const nodes = JSON.stringify(asked.steps);
    const plan = { task: '', nodes, slots: '{}', budget: BUDGET };
    // What a program says with a key is no person's own word.
    const planner = actor.actions === null ? 'person' : 'key';
    const isOfProgram = actor.actions !== null;
    return this.insert(actor, { id, title: asked.title, planner, isOpen: false, isOfProgram, ...plan });
  }

  /** Opens a run whose steps a planner of the agent service proposes, for a task in the person's own words. */
  openFor(actor: SignedIn, { task, planner }: { task: string; planner: string }): Promise<Run> {
    const plan = { task, nodes: '[]', slots: '{}', budget: BUDGET };
    return this.insert(actor, {
      id: randomUUID(),
      title: task.slice(0, 200),
      planner,
      isOpen: true,
      isOfProgram: actor.actions !== null,
      ...plan,
    });
  }

  /** A page of one's own runs, and of those whose outline one may see. */
  async list(actor: SignedIn, { mine, ...query }: RunsQuery): Promise<RunPage> {
    const own = mine === '1' ? actor.person : null;
    const rows = await this.asApi(actor, (tx) => this.views.list(tx, query, own));
    const last = rows.length === query.limit ? rows.at(-1) : undefined;
    return { runs: rows.map(rowOf), next: last ? `${last.at}-${last.id}` : null };
  }

  get(actor: SignedIn, id: string): Promise<Run> {
    return this.asApi(actor, (tx) => this.view(tx, actor, id));
  }

  /** What happened, in its order. Throws `audit.broken` where it is not whole. */
  async journal(actor: SignedIn, id: string): Promise<JournalEntry[]> {
    return this.asApi(actor, async (tx) => {
      const run = await this.existing(tx, id);
      const rows = await this.views.journal(tx, id);
      const entries = rows.map((row) => ({ ...row, at: row.at.toISOString() }));
      const problem = checkJournal(entries, run.journalHead);
      if (problem !== undefined)
        throw new DomainError('audit.broken', `The journal is not whole. ${problem}`);
      return entries.map(({ seq, at, kind, step, payload, hash }) => ({
        seq,
        at,
        kind,
        step,
        payload,
        hash,
      }));
    });
  }

  /** Lets a run happen as its preview says. */
  async start(actor: SignedIn, id: string): Promise<Run> {
    return this.change(actor, id, 'run.start', async (tx, run) => {
      refuseUnless(run.requesterId === actor.person, 'Only who asked for a run starts it.');
      if (previewOf((await this.views.plan(tx, id)).preview).bounds === null)
        throw new DomainError('conflict', `It is ${run.state} without a preview. Plan it again.`);
      if ((await this.views.move(tx, id, STARTS, { state: 'running', reason: null })) === 0)
        throw new DomainError('conflict', `It is ${run.state} and cannot be started.`);
    });
  }

  /** Stops a run: nothing of it is begun any more, for good. What was done stays until it is taken back. */
  async cancel(actor: SignedIn, id: string): Promise<Run> {
    return this.change(actor, id, 'run.cancel', async (tx, run) => {
      refuseUnless(mayManage(actor, run), 'Only who asked for a run, or an administrator, stops it.');
      const reason = `${actor.displayName} stopped it.`;
      if ((await this.views.move(tx, id, CANCELS, { state: 'killed', reason })) === 0)
        throw new DomainError('conflict', `It is ${run.state} and cannot be stopped.`);
      await this.kills.set(tx, { scope: 'run', target: id, reason }, actor.person);
    });
  }

  /** Takes back what a run did, as far as its contracts say how. */
  async undo(actor: SignedIn, id: string): Promise<Run> {
    return this.change(actor, id, 'run.undo', async (tx, run) => {
      refuseUnless(mayManage(actor, run), 'Only who asked for a run, or an administrator, takes it back.');
      if (run.forgottenAt !== null)
        throw new DomainError(
          'conflict',
          'What it did was kept as long as its contracts say, and cannot be taken back any more.',
        );
      if (!run.hasWayBack) throw new DomainError('conflict', 'It did nothing that can be taken back.');
      if ((await this.views.move(tx, id, UNDOES, { state: 'compensating', reason: null })) === 0)
        throw new DomainError('conflict', `It is ${run.state} and cannot be taken back now.`);
    });
  }

  async answer(actor: SignedIn, id: string, { step, answer }: AnswerQuestion): Promise<Run> {
    return this.change(actor, id, undefined, async (tx, run) => {
      refuseUnless(run.requesterId === actor.person, 'Only who asked for a run answers its questions.');
      const asked = (await this.views.steps(tx, id)).find((one) => one.id === step);
      if (asked?.state !== 'asking') throw new DomainError('conflict', `It does not ask ${step}.`);
      refuseOtherType(asked.arguments, answer);
      if (
        (await this.views.answer(
          tx,
          { run: id, step, isOfProgram: actor.actions !== null },
          canonicalJson(answer),
        )) === 0
      )
        throw new DomainError('conflict', 'It was answered already.');
      await this.views.move(tx, id, ['needs-input'], { state: 'running', reason: null });
    });
  }

  private async insert(actor: SignedIn, run: Omit<NewRunRow, 'salt'>): Promise<Run> {
    const created = await this.asApi(actor, async (tx) => {
      await this.views.lockOpen(tx, actor.person);
      const { open } = await this.views.countOpen(tx, actor.person);
      if (open >= MOST_OPEN)
        throw new DomainError(
          'request.too-many',
          `You have ${open} runs that are not over. End some of them.`,
        );
      const salt = randomBytes(SALT_BYTES).toString('hex');
      await this.views.insert(tx, { ...run, salt }, actor.person);
      const payload = { title: run.title, planner: run.planner };
      await recordLeaf(tx, actor.tenant, {
        type: 'run.create',
        actor: actor.person,
        resource: run.id,
        payload,
      });
      return this.view(tx, actor, run.id);
    });
    await this.wake(run.id);
    return created;
  }

  private async change(
    actor: SignedIn,
    id: string,
    type: 'run.start' | 'run.cancel' | 'run.undo' | undefined,
    work: (tx: Transaction, run: RunViewRow) => Promise<void>,
  ): Promise<Run> {
    const changed = await this.asApi(actor, async (tx) => {
      await work(tx, await this.existing(tx, id));
      if (type) {
        // The head as it is now that the run is locked: nobody may work on it after this.
        const { journalHead: journal } = await this.existing(tx, id);
        const digests = journal === '' ? {} : { digests: { journal } };
        await recordLeaf(tx, actor.tenant, { type, actor: actor.person, resource: id, ...digests });
      }
      return this.view(tx, actor, id);
    });
    await this.wake(id);
    return changed;
  }

  private async view(tx: Transaction, actor: SignedIn, id: string): Promise<Run> {
    const run = await this.existing(tx, id);
    const steps = await withoutLost(tx, actor.person, await this.views.steps(tx, id));
    const { preview, salt } = await this.views.plan(tx, id);
    const digestOf = saltedBy(salt ?? '');
    return {
      ...rowOf(run),
      ...(await shownPreview(tx, this.views, preview, digestOf)),
      steps: steps.map((step) => stepOf(step, digestOf)),
      ...rightsOn(actor, run),
      ...keptOf(run),
    };
  }

  private async existing(tx: Transaction, id: string): Promise<RunViewRow> {
    const run = await this.views.find(tx, id);
    if (!run) throw new DomainError('not-found', 'There is no such run.');
    return run;
  }

  private asApi<T>(actor: SignedIn, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'api', tenant: actor.tenant, person: actor.person }, work);
  }
}

function refuseUnless(is: boolean, message: string): void {
  if (!is) throw new DomainError('auth.forbidden', message);
}

const TYPES: Readonly<Record<string, string>> = {
  text: 'string',
  choice: 'string',
  number: 'number',
  'yes-no': 'boolean',
};

function refuseOtherType(question: string | null, answer: unknown): void {
  const { type, choices } = JSON.parse(question ?? '{}') as { type?: string; choices?: string[] | null };
  if (typeof answer !== TYPES[type ?? 'text'])
    throw new DomainError('request.invalid', `The answer must be a ${TYPES[type ?? 'text']}.`);
  if (choices && !choices.includes(String(answer)))
    throw new DomainError('request.invalid', `The answer must be one of: ${choices.join(', ')}.`);
}
