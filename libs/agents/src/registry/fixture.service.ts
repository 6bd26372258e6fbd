import { recordLeaf } from '@belay/audit';
import type {
  FixtureResult,
  PreviewStep,
  RecordCall,
  RecordedCall,
  ReplayedCall,
  StepState,
  ToolContract,
} from '@belay/contracts';
import type { Database, Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import { canonicalJson, digestOf } from '../contracts/canonical-json.js';
import { compareDefinitions } from '../contracts/compare-definitions.js';
import { checkOf } from '../contracts/known-schemas.js';
import { redacted } from '../runs/redacted.js';
import type { RunVault } from '../runs/run-vault.js';
import { RunViewRepository } from '../runs/run-view.repository.js';
import { previewOf } from '../runs/preview/shown-preview.js';
import { ContractRepository } from './contract.repository.js';
import { FixtureRepository, type StoredFixture } from './fixture.repository.js';

interface Place {
  readonly contract: string;
  readonly version: string;
}
interface Made {
  readonly kind: 'call' | 'dry-run';
  readonly input: Record<string, unknown>;
  readonly output: unknown;
}

const MOST = 50;
const MOST_BYTES = 256 * 1024;
const OWN_PLANNERS = new Set(['person', 'key']);

/**
 * Recorded calls of contracts. The call itself is a run like any other, under every bound; what is kept of it is what
 * its contract does not redact, for those who may call the contract and read what it gives back, as long as it says.
 */
export class FixtureService {
  private readonly fixtures: FixtureRepository;
  private readonly contracts = new ContractRepository();
  private readonly views: RunViewRepository;

  constructor(
    private readonly database: Database,
    vault: RunVault,
  ) {
    this.fixtures = new FixtureRepository(vault);
    this.views = new RunViewRepository(vault);
  }

  async list(actor: SignedIn, place: Place): Promise<RecordedCall[]> {
    return this.asApi(actor, async (tx) => {
      const contract = await this.contract(tx, place);
      const rows = await this.fixtures.list(tx, place);
      return rows.map((row) => viewOf(row, contract));
    });
  }

  /** What of the recorded calls that the actor may see does not fit the schemas of the contract. */
  async judge(actor: SignedIn, place: Place): Promise<FixtureResult[]> {
    return (await this.list(actor, place)).map(({ name, problem }) => ({ name, problem }));
  }

  /** Keeps the one call of a run of the actor's own: its result, or what its dry run said where it has an effect. */
  async record(actor: SignedIn, place: Place, { name, run }: RecordCall): Promise<RecordedCall> {
    return this.asApi(actor, async (tx) => {
      const contract = await this.contract(tx, place);
      if (!(await this.fixtures.mayRead(tx, place)).may)
        throw new DomainError('auth.forbidden', 'Only who may read what it gives back records calls of it.');
      const { kind, input, output } = await this.madeBy(tx, actor, contract, run);
      const kept = withoutRedacted(input, contract) as Made['input'];
      const fixture = {
        name,
        kind,
        input: kept,
        isPartial: canonicalJson(kept) !== canonicalJson(input),
        output: withoutRedacted(output, contract),
      };
      await this.refuseTooMuch(tx, place, fixture);
      if ((await this.fixtures.insert(tx, place, fixture, actor.person)) === 0)
        throw new DomainError(
          'conflict',
          'A call of this name is recorded already. Remove it, or take another.',
        );
      await this.note(tx, actor, place, { step: 'record', name, digest: digestOf(fixture) });
      return viewOf(await this.existing(tx, place, name), contract);
    });
  }

  /** What a run of the actor's own with the same arguments gave instead of what is recorded. */
  async replay(actor: SignedIn, place: Place, name: string, run: string): Promise<ReplayedCall> {
    return this.asApi(actor, async (tx) => {
      const contract = await this.contract(tx, place);
      const fixture = await this.existing(tx, place, name);
      const { input, output } = await this.madeBy(tx, actor, contract, run);
      const given = withoutRedacted(input, contract);
      if (canonicalJson(given) !== canonicalJson(fixture.input))
        throw new DomainError('request.invalid', 'The run was made with other arguments than are recorded.');
      return { name, changes: compareDefinitions(fixture.output, withoutRedacted(output, contract)) };
    });
  }

  async remove(actor: SignedIn, place: Place, name: string): Promise<void> {
    await this.asApi(actor, async (tx) => {
      if ((await this.fixtures.remove(tx, place, name)) === 0) throw missing();
      await this.note(tx, actor, place, { step: 'remove', name });
    });
  }

  // Row security shows arguments, results and previews of a run to its requester alone.
  private async madeBy(tx: Transaction, actor: SignedIn, contract: ToolContract, id: string): Promise<Made> {
    const run = await this.views.find(tx, id);
    if (run?.requesterId !== actor.person) throw new DomainError('not-found', 'You have no such run.');
    const place = `${contract.contract}@${contract.version}`;
    const { preview } = await this.views.plan(tx, id);
    const planned = previewOf(preview).preview ?? [];
    const [call] = planned;
    // Whatever other steps or people gave is not in the arguments of a run of one call that its person wrote.
    if (!call || planned.length > 1 || call.contract !== place || !OWN_PLANNERS.has(run.planner))
      throw new DomainError(
        'conflict',
        `Only a run that is one call of ${place}, and nothing else, is recorded.`,
      );
    const input = call.arguments as Made['input'];
    return contract.effect.class === 'read'
      ? { kind: 'call', input, output: await this.resultOf(tx, id) }
      : { kind: 'dry-run', input, output: tried(call) };
  }

  private async resultOf(tx: Transaction, run: string): Promise<unknown> {
    const [step] = await this.views.steps(tx, run);
    if (step?.state === 'succeeded' && step.result !== null) return JSON.parse(step.result) as unknown;
    if (step === undefined || !isDone(step.state))
      throw new DomainError('conflict', 'The call of this run is not done, so there is nothing to keep.');
    const why = step.reason === null ? '' : ` ${step.reason}`;
    throw new DomainError(
      'conflict',
      `The call of this run did not succeed, so there is nothing to keep.${why}`,
    );
  }

  private async refuseTooMuch(
    tx: Transaction,
    place: Place,
    { input, output }: Pick<StoredFixture, 'input' | 'output'>,
  ): Promise<void> {
    const bytes = Buffer.byteLength(JSON.stringify([input, output]));
    if (bytes > MOST_BYTES)
      throw new DomainError(
        'request.invalid',
        `The call has ${bytes} bytes; ${MOST_BYTES} are kept. Record one that gives back less.`,
      );
    if ((await this.fixtures.list(tx, place)).length >= MOST)
      throw new DomainError('conflict', `${MOST} calls are recorded. Remove some of them.`);
  }

  private async contract(tx: Transaction, { contract, version }: Place): Promise<ToolContract> {
    const row = await this.contracts.find(tx, contract, version);
    if (!row) throw new DomainError('not-found', `There is no contract ${contract} ${version}.`);
    return row.document;
  }

  private async existing(tx: Transaction, place: Place, name: string): Promise<StoredFixture> {
    const row = await this.fixtures.find(tx, place, name);
    if (!row) throw missing();
    return row;
  }

  private note(
    tx: Transaction,
    { tenant, person }: SignedIn,
    { contract, version }: Place,
    payload: Record<string, unknown>,
  ): Promise<string> {
    const resource = `${contract}@${version}`;
    return recordLeaf(tx, tenant, { type: 'tool.fixture', actor: person, resource, payload });
  }

  private asApi<T>(actor: SignedIn, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'api', tenant: actor.tenant, person: actor.person }, work);
  }
}

// Not as digests: whoever knows what may stand there could find it out.
const withoutRedacted = (value: unknown, { redact }: ToolContract): unknown =>
  redacted(value, redact, () => 'redacted');

const NOT_DONE = new Set<StepState>(['proposed', 'awaiting-approval', 'asking', 'intended']);
const isDone = (state: StepState): boolean => !NOT_DONE.has(state);

const missing = (): DomainError =>
  new DomainError('not-found', 'No call of this name is recorded that you may see.');

function tried({ dryRun }: PreviewStep): unknown {
  if (dryRun !== null) return dryRun;
  throw new DomainError(
    'conflict',
    'The contract has an effect, and its server did not say what a call would do. Only a dry run of it is recorded.',
  );
}

function viewOf({ recordedAt, ...row }: StoredFixture, contract: ToolContract): RecordedCall {
  return { ...row, recordedAt: recordedAt.toISOString(), problem: problemOf(row, contract) };
}

// Where something is redacted, something else stands for what the schema describes: it is judged when it is made again.
function problemOf(
  { kind, input, output }: Pick<StoredFixture, 'kind' | 'input' | 'output'>,
  contract: ToolContract,
): string | null {
  if (contract.redact.length > 0) return null;
  const given = checkOf(contract.input.schema, 'The input schema')(input)[0];
  if (given !== undefined) return `The arguments do not fit the contract: ${given}.`;
  const back = kind === 'call' ? checkOf(contract.output.schema, 'The output schema')(output)[0] : undefined;
  return back === undefined ? null : `The result does not fit the contract: ${back}.`;
}
