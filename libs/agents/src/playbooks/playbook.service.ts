import { type LeafDraft, recordLeaf } from '@belay/audit';
import type {
  Finding,
  ListedPlaybook,
  NewRun,
  Playbook,
  PlaybookDetail,
  PlaybookMatch,
  PlaybookRow,
  PlaybookTest,
  UsablePlaybook,
} from '@belay/contracts';
import type { Database, Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import type { FindContract } from '../contracts/finding.js';
import { ContractRepository } from '../registry/contract.repository.js';
import { refuseApproval, refuseErrors, refuseOther } from '../registry/decide-document.js';
import { findAmong } from '../registry/find-contract.js';
import type { PlaybookPlan } from '../runs/run.service.js';
import { askedSlots, fillSlots } from './fill-slots.js';
import { lintPlaybook } from './lint-playbook.js';
import { chooseCandidate, findCandidates, Matchable, scoreCandidates } from './match-playbook.js';
import { type Embedder, PlaybookVectors } from './playbook-vectors.js';
import { PlaybookRepository, type Startable, type StoredPlaybook } from './playbook.repository.js';
import { contractsOf } from './plan-contracts.js';
import { readPlaybook } from './read-playbook.js';
import { tryFixtures } from './try-fixtures.js';

interface Place {
  readonly playbook: string;
  readonly version: string;
}

const MOST_KEPT = 500;

/**
 * Workflows that people start by saying what they want. Registered by one person and approved by another, as contracts
 * are; matched, named and started only for those who may start them.
 */
export class PlaybookService {
  private readonly playbooks = new PlaybookRepository();
  private readonly contracts = new ContractRepository();
  private readonly vectors: PlaybookVectors;
  private readonly matchables = new Map<string, Matchable>();

  constructor(
    private readonly database: Database,
    embedder: Embedder,
  ) {
    this.vectors = new PlaybookVectors(database, embedder);
  }

  /** Those that the person may start; developers and administrators see the others too. */
  async list(actor: SignedIn): Promise<ListedPlaybook[]> {
    const startable = new Map(
      (await this.startable(actor)).map(({ digest, document }) => [digest, document]),
    );
    const rows = await this.asApi(actor, (tx) => this.playbooks.list(tx));
    const seesAll = actor.roles.some((role) => role === 'developer' || role === 'admin');
    return rows.flatMap((row) => {
      const document = startable.get(row.digest);
      return document || seesAll ? { ...view(row), usable: document ? asUsable(document) : null } : [];
    });
  }

  get(actor: SignedIn, place: Place): Promise<PlaybookDetail> {
    return this.asApi(actor, async (tx) => {
      const row = await this.existing(tx, place);
      return { ...view(row), document: row.document, findings: await this.findingsOf(tx, row.document) };
    });
  }

  /** What is wrong with a playbook, and whether its recorded calls lead to the steps that they should. */
  async test(actor: SignedIn, text: string): Promise<PlaybookTest> {
    const { document, digest } = readPlaybook(text);
    const find = await this.asApi(actor, (tx) => this.approvedContracts(tx));
    const findings = lintPlaybook(document, find);
    // Without its slots, nothing of it can be tried.
    const isReadable = !findings.some(
      ({ rule, severity }) => severity === 'error' && rule.startsWith('slot.'),
    );
    return { digest, findings, fixtures: isReadable ? await tryFixtures(document, find) : [] };
  }

  /** Registers a playbook without errors whose fixtures hold. The same again is once. */
  async register(actor: SignedIn, text: string): Promise<PlaybookDetail> {
    const { document, digest } = readPlaybook(text);
    await this.refuseUnsound(actor, document);
    await this.asApi(actor, async (tx) => {
      if ((await this.playbooks.insert(tx, { document, digest }, actor.person)) > 0)
        return this.record(tx, actor, 'playbook.register', document, { digest });
      refuseOther(await this.existing(tx, document), digest, `${document.playbook} ${document.version}`);
      return undefined;
    });
    await this.vectors.prepare(actor, document);
    return this.get(actor, document);
  }

  /** Approves the document of this digest, by somebody else than who registered it. */
  async approve(actor: SignedIn, place: Place, digest: string): Promise<PlaybookDetail> {
    const { document } = await this.asApi(actor, (tx) => this.approvable(tx, actor, place, digest));
    await this.refuseUnsound(actor, document);
    await this.asApi(actor, async (tx) => {
      const row = await this.approvable(tx, actor, place, digest);
      if ((await this.playbooks.approve(tx, row, actor.person)) === 0)
        throw new DomainError('conflict', 'It is approved or retired already.');
      await this.record(tx, actor, 'playbook.approve', row, { digest });
    });
    return this.get(actor, place);
  }

  /** Takes a playbook out of use for good. */
  async retire(actor: SignedIn, place: Place, reason: string): Promise<PlaybookDetail> {
    await this.asApi(actor, async (tx) => {
      const row = await this.existing(tx, place);
      if ((await this.playbooks.retire(tx, row, reason)) === 0)
        throw new DomainError('conflict', 'It is retired already.');
      await this.record(tx, actor, 'playbook.retire', row, { reason });
    });
    return this.get(actor, place);
  }

  /** What a person's words ask for, with what they say of its slots; null where they ask for nothing that is there. */
  async match(actor: SignedIn, text: string): Promise<PlaybookMatch> {
    const startable = await this.startable(actor);
    const candidates = findCandidates(text, startable.map(this.matchable), new Date());
    if (candidates.length === 0) return { match: null };
    const playbooks = startable.map((one) => this.matchable(one).playbook);
    const frames = candidates.map(({ frame }) => frame);
    const { vectors, examples } = await this.vectors.compare(actor, frames, playbooks);
    const compared = candidates.map((candidate, index) => ({
      candidate,
      vector: vectors[index] ?? new Float32Array(0),
    }));
    const chosen = chooseCandidate(scoreCandidates(compared, examples));
    if (!chosen) return { match: null };
    const usable = asUsable(chosen.playbook);
    const { values } = chosen;
    const missing = usable.slots.filter((slot) => slot.default === null && !Object.hasOwn(values, slot.name));
    return { match: { ...usable, values, missing } };
  }

  /** A playbook with what its person gave, as a plan. Throws `not-found` where it is none that they may start. */
  async plan(
    actor: SignedIn,
    { playbook: name, slots }: Extract<NewRun, { playbook: string }>,
  ): Promise<PlaybookPlan> {
    const [playbook = '', version = ''] = name.split('@');
    const found = await this.asApi(actor, (tx) => this.playbooks.findStartable(tx, { playbook, version }));
    if (!found) throw new DomainError('not-found', `There is no playbook ${name} that you may start.`);
    const { document } = found;
    return {
      name,
      title: document.title,
      nodes: JSON.stringify(document.steps),
      slots: JSON.stringify(fillSlots(document, slots)),
      task: '',
      budget: document.budget,
    };
  }

  // The newest version of each whose contracts may all be called for the person.
  private async startable(actor: SignedIn): Promise<Startable[]> {
    return this.asApi(actor, async (tx) => {
      const callable = await this.playbooks.callable(tx);
      const find = findAmong(callable.map(({ document }) => document));
      const all = await this.playbooks.startable(tx);
      const ready = all.filter(({ document }) => contractsOf(document).every((range) => find(range)));
      return ready.filter(
        ({ document }, index) =>
          !ready.slice(index + 1).some((later) => later.document.playbook === document.playbook),
      );
    });
  }

  private matchable = ({ digest, document }: Startable): Matchable => {
    const known = this.matchables.get(digest);
    if (known) return known;
    if (this.matchables.size >= MOST_KEPT) this.matchables.clear();
    const made = new Matchable(document);
    this.matchables.set(digest, made);
    return made;
  };

  private async approvable(
    tx: Transaction,
    actor: SignedIn,
    place: Place,
    digest: string,
  ): Promise<StoredPlaybook> {
    const row = await this.existing(tx, place);
    refuseApproval(row, actor, digest, 'playbook');
    return row;
  }

  // Outside of any transaction, because it takes a while; a contract that goes out of use meanwhile is found by no start.
  private async refuseUnsound(actor: SignedIn, document: Playbook): Promise<void> {
    const find = await this.asApi(actor, (tx) => this.approvedContracts(tx));
    refuseErrors(lintPlaybook(document, find), 'playbook');
    const broken = (await tryFixtures(document, find)).find(({ problem }) => problem !== null);
    if (broken)
      throw new DomainError(
        'contracts.invalid',
        `The fixture "${broken.name}" does not hold. ${broken.problem}`,
      );
  }

  private async findingsOf(tx: Transaction, document: Playbook): Promise<Finding[]> {
    return lintPlaybook(document, await this.approvedContracts(tx));
  }

  private async approvedContracts(tx: Transaction): Promise<FindContract> {
    const approved = await this.contracts.approved(tx);
    return findAmong(approved.map((row) => row.document));
  }

  private async existing(tx: Transaction, { playbook, version }: Place): Promise<StoredPlaybook> {
    const row = await this.playbooks.find(tx, { playbook, version });
    if (!row) throw new DomainError('not-found', `There is no playbook ${playbook} ${version}.`);
    return row;
  }

  private record(
    tx: Transaction,
    actor: SignedIn,
    type: LeafDraft['type'],
    { playbook, version }: Place,
    payload: Record<string, unknown>,
  ): Promise<string> {
    const resource = `${playbook}@${version}`;
    return recordLeaf(tx, actor.tenant, { type, actor: actor.person, resource, payload });
  }

  private asApi<T>(actor: SignedIn, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'api', tenant: actor.tenant, person: actor.person }, work);
  }
}

function view({ document, changedAt, ...row }: StoredPlaybook): PlaybookRow {
  return { ...row, title: document.title, changedAt: changedAt.toISOString() };
}

function asUsable(playbook: Playbook): UsablePlaybook {
  const { title, description, examples } = playbook;
  return {
    playbook: `${playbook.playbook}@${playbook.version}`,
    title,
    description,
    example: examples[0] ?? '',
    slots: askedSlots(playbook),
  };
}
