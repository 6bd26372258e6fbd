import { recordLeaf, type LeafDraft } from '@belay/audit';
import type {
  ContractCall,
  ContractDetail,
  ContractRow,
  Finding,
  LintReport,
  Peer,
  PeerOffer,
  ToolContract,
  ToolUsage,
  VerifiedContract,
} from '@belay/contracts';
import type { Database, Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import type { CallLimiter } from '@belay/queue';
import { canonicalJson } from '../contracts/canonical-json.js';
import { compareDefinitions } from '../contracts/compare-definitions.js';
import { lintContract } from '../contracts/lint-contract.js';
import { readContract } from '../contracts/read-contract.js';
import { scaffoldContract } from '../contracts/scaffold-contract.js';
import type { PeerClient } from '../peers/peer-desk.js';
import { ContractRepository, type StoredContract } from './contract.repository.js';
import { refuseApproval, refuseErrors, refuseOther } from './decide-document.js';
import { findAmong } from './find-contract.js';
import type { FixtureService } from './fixture.service.js';
import { ApprovedJudge } from './judge-approved.js';
import { ServerDesk } from './server-desk.js';
import { UsageRepository } from './usage.repository.js';

interface Place {
  readonly contract: string;
  readonly version: string;
}

/**
 * Which tools may be called at all. A contract is registered by one person and approved by another; it pins what its
 * server said of the tool, and is quarantined as soon as the server says something else.
 */
export class RegistryService {
  private readonly contracts = new ContractRepository();
  private readonly used = new UsageRepository();
  private readonly judge = new ApprovedJudge();
  private readonly servers: ServerDesk;

  constructor(
    private readonly database: Database,
    peers: PeerClient,
    limiter: CallLimiter,
    private readonly fixtures: FixtureService,
  ) {
    this.servers = new ServerDesk(database, peers, limiter);
  }

  async list(actor: SignedIn): Promise<ContractRow[]> {
    const rows = await this.asApi(actor, (tx) => this.contracts.list(tx));
    const refused = await this.judge.errorsOf(rows);
    return rows.map((row) => view(row, refused.get(`${row.contract}@${row.version}`)));
  }

  async get(actor: SignedIn, place: Place): Promise<ContractDetail> {
    return this.asApi(actor, async (tx) => {
      const row = await this.existing(tx, place);
      const drift = await this.contracts.drift(tx, row);
      const findings = await this.findingsOf(tx, row.document);
      const errors = findings.filter(({ severity }) => severity === 'error');
      return {
        ...view(row, row.state === 'approved' ? errors : []),
        document: row.document,
        findings,
        drift: drift.map(({ at, changes }) => ({ at: at.toISOString(), changes })),
      };
    });
  }

  /** What every contract in use, or held back, allows, and what was used of it. */
  async usage(actor: SignedIn): Promise<ToolUsage[]> {
    const rows = await this.asApi(actor, (tx) => this.used.usage(tx));
    return rows.map(({ document, ...row }) => {
      const { contract, version, title, peer, effect, limits, budget } = document;
      const { resource, maxItems, perDay } = effect.blast;
      const blast = { resource, maxItems, perDay };
      return { ...row, contract, version, title, peer: peer.id, effect: effect.class, limits, budget, blast };
    });
  }

  /** The latest calls of a contract, among the runs that the actor may see. */
  async calls(actor: SignedIn, place: Place): Promise<ContractCall[]> {
    const rows = await this.asApi(actor, async (tx) => {
      await this.existing(tx, place);
      return this.used.calls(tx, place);
    });
    return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
  }

  /** What a server offers now. */
  offer(actor: SignedIn, peer: Peer): Promise<PeerOffer> {
    return this.servers.offer(actor, peer, 'offer');
  }

  /** A draft for each tool of a server, whose effect a person has to decide. */
  async scaffold(actor: SignedIn, peer: Peer): Promise<{ tool: string; text: string }[]> {
    const { tools } = await this.servers.offer(actor, peer, 'scaffold');
    return tools.map(({ name, definition }) => ({ tool: name, text: scaffoldContract(peer, definition) }));
  }

  async lint(actor: SignedIn, text: string): Promise<LintReport> {
    const { document, digest } = readContract(text);
    return { digest, findings: await this.asApi(actor, (tx) => this.findingsOf(tx, document)) };
  }

  /** Registers a contract without errors whose server says at this moment what it pins. The same again is once. */
  async register(actor: SignedIn, text: string): Promise<ContractDetail> {
    const { document, digest } = readContract(text);
    await this.asApi(actor, async (tx) => {
      refuseErrors(await this.findingsOf(tx, document), 'contract');
      await this.refuseOtherPeer(tx, document);
    });
    const { definition } = await this.servers.pinnedTool(actor, document, 'register');
    await this.asApi(actor, async (tx) => {
      if ((await this.contracts.insert(tx, { document, digest, definition }, actor.person)) > 0) {
        return this.record(tx, actor, 'tool.register', document, { digest });
      }
      const row = await this.existing(tx, document);
      refuseOther(row, digest, `${document.contract} ${document.version}`);
      return undefined;
    });
    return this.get(actor, document);
  }

  /** Approves the document of this digest, by somebody else than who registered it, while its server still keeps it. */
  async approve(actor: SignedIn, place: Place, digest: string): Promise<ContractDetail> {
    const row = await this.asApi(actor, (tx) => this.existing(tx, place));
    refuseApproval(row, actor, digest, 'contract');
    await this.servers.pinnedTool(actor, row.document, 'approve');
    await this.asApi(actor, async (tx) => {
      refuseErrors(await this.findingsOf(tx, row.document), 'contract');
      if ((await this.contracts.approve(tx, row, actor.person)) === 0)
        throw new DomainError('conflict', 'It is approved or retired already.');
      await this.record(tx, actor, 'tool.approve', row, { digest });
    });
    return this.get(actor, place);
  }

  /** Takes a contract out of use until it is approved again, or for good. */
  async setAside(
    actor: SignedIn,
    place: Place,
    state: 'quarantined' | 'retired',
    reason: string,
  ): Promise<ContractDetail> {
    await this.asApi(actor, async (tx) => {
      const row = await this.existing(tx, place);
      if ((await this.contracts.setAside(tx, row, state, reason)) === 0)
        throw new DomainError('conflict', `It is ${row.state} already.`);
      await this.record(tx, actor, state === 'retired' ? 'tool.retire' : 'tool.quarantine', row, { reason });
    });
    return this.get(actor, place);
  }

  /** Compares what the server says now with what is pinned. A difference quarantines the contract. */
  async verify(actor: SignedIn, place: Place): Promise<VerifiedContract> {
    const row = await this.asApi(actor, (tx) => this.existing(tx, place));
    const { tools } = await this.servers.offer(actor, row.document.peer, 'verify');
    const found = tools.filter(({ name }) => name === row.document.tool.name);
    const only = found.length === 1 ? found[0]?.definition : undefined;
    const changes = compareDefinitions(row.definition, only);
    if (changes.length > 0) await this.quarantine(actor, row, changes);
    const { state } = await this.asApi(actor, (tx) => this.existing(tx, place));
    const { contract, version } = row;
    const fixtures = await this.fixtures.judge(actor, row);
    return { contract, version, state, matches: changes.length === 0, changes, fixtures };
  }

  private quarantine(
    actor: SignedIn,
    row: StoredContract,
    changes: ReturnType<typeof compareDefinitions>,
  ): Promise<void> {
    return this.asApi(actor, async (tx) => {
      const reason = 'Its server describes the tool in another way than was approved.';
      await this.contracts.saveDrift(tx, row, changes);
      await this.contracts.setAside(tx, row, 'quarantined', reason);
      await this.record(tx, actor, 'tool.drift', row, { changes });
    });
  }

  private async findingsOf(tx: Transaction, document: ToolContract): Promise<Finding[]> {
    const approved = await this.contracts.approved(tx);
    // What overwrites is taken back by overwriting: a contract may name itself.
    return lintContract(document, findAmong([...approved.map((row) => row.document), document]));
  }

  // One name stands for one server: settings that differ would make two of it.
  private async refuseOtherPeer(tx: Transaction, { peer }: ToolContract): Promise<void> {
    const others = await this.contracts.ofPeer(tx, peer.id);
    if (others.every(({ document }) => canonicalJson(document.peer) === canonicalJson(peer))) return;
    throw new DomainError(
      'conflict',
      `Other contracts know the server ${peer.id} with other settings. Retire those, or name this one differently.`,
    );
  }

  private async existing(tx: Transaction, { contract, version }: Place): Promise<StoredContract> {
    const row = await this.contracts.find(tx, contract, version);
    if (!row) throw new DomainError('not-found', `There is no contract ${contract} ${version}.`);
    return row;
  }

  private record(
    tx: Transaction,
    actor: SignedIn,
    type: LeafDraft['type'],
    { contract, version }: Place,
    payload: Record<string, unknown>,
  ): Promise<string> {
    const resource = `${contract}@${version}`;
    return recordLeaf(tx, actor.tenant, { type, actor: actor.person, resource, payload });
  }

  private asApi<T>(actor: SignedIn, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'api', tenant: actor.tenant, person: actor.person }, work);
  }
}

function view(row: StoredContract, refused: readonly Finding[] = []): ContractRow {
  const { contract, version, digest, title, peer, effect, state, reason, registeredBy, approvedBy } = row;
  const changedAt = row.changedAt.toISOString();
  return {
    contract,
    version,
    digest,
    title,
    peer,
    effect,
    state,
    reason,
    registeredBy,
    approvedBy,
    changedAt,
    refused: [...refused],
  };
}
