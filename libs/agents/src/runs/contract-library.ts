import type { ToolContract } from '@belay/contracts';
import type { Transaction } from '@belay/database';
import { type Check, compileSchema } from '../contracts/json-schema.js';
import { SEARCH_CONTRACT, SEARCH_DEFINITION, SEARCH_DIGEST } from '../documents/search-contract.js';
import { findAmong } from '../registry/find-contract.js';
import { type PinnedContract, PinnedContractRepository } from './pinned-contract.repository.js';

/** A contract, ready to judge arguments with. */
export interface ReadyContract extends PinnedContract {
  readonly checkInput: Check;
  readonly name: string;
}

const MOST_KEPT = 500;
const SEARCH: PinnedContract = {
  document: SEARCH_CONTRACT,
  definition: SEARCH_DEFINITION,
  digest: SEARCH_DIGEST,
  state: 'approved',
};

/** Contracts in use, each read and compiled once: a document never changes under its digest. */
export class ContractLibrary {
  private readonly kept = new Map<string, ReadyContract>();
  private readonly contracts = new PinnedContractRepository();

  /** The newest approved contract that a range names. */
  async find(tx: Transaction, range: string): Promise<ReadyContract | undefined> {
    if (findAmong([SEARCH_CONTRACT])(range)) return this.ready(SEARCH);
    const [name = ''] = range.split('@');
    const found = findAmong(await this.contracts.approvedVersions(tx, name))(range);
    return found && this.byDigest(tx, found.digest);
  }

  /**
   * The contract that a range stood for when it was shown, and no other; a text says that another one would be taken
   * now.
   */
  async findShown(
    tx: Transaction,
    range: string,
    shown: string | undefined,
  ): Promise<ReadyContract | string | undefined> {
    const found = await this.find(tx, range);
    if (!found || shown === undefined || shown === found.digest) return found;
    const inUse = await this.contracts.approvedVersions(tx, found.document.contract);
    const was = await this.byDigest(tx, shown);
    if (was && inUse.some(({ digest }) => digest === shown)) return was;
    return `What was shown is ${was?.name ?? range}, which is not in use now; ${found.name} is. Plan it again.`;
  }

  /** Belay's own and all approved ones. */
  async approved(tx: Transaction): Promise<readonly ToolContract[]> {
    return [SEARCH_CONTRACT, ...(await this.contracts.approvedContracts(tx)).map(({ document }) => document)];
  }

  /** The contract of a digest, in use or not. */
  async byDigest(tx: Transaction, digest: string): Promise<ReadyContract | undefined> {
    const known = this.kept.get(digest);
    if (known) return known;
    if (digest === SEARCH_DIGEST) return this.ready(SEARCH);
    const row = await this.contracts.contract(tx, digest);
    return row && this.ready(row);
  }

  private ready(row: PinnedContract): ReadyContract {
    const known = this.kept.get(row.digest);
    if (known) return known;
    if (this.kept.size >= MOST_KEPT) this.kept.clear();
    const { contract, version, input } = row.document;
    const checkInput = compileSchema(input.schema, 'The input schema');
    const ready = { ...row, checkInput, name: `${contract}@${version}` };
    this.kept.set(row.digest, ready);
    return ready;
  }
}
