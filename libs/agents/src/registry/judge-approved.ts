import { setImmediate } from 'node:timers/promises';
import { type Finding, readAs, ToolContract } from '@belay/contracts';
import { digestOf } from '../contracts/canonical-json.js';
import { error, type FindContract } from '../contracts/finding.js';
import { lintContract } from '../contracts/lint-contract.js';
import type { StoredContract } from './contract.repository.js';
import { findAmong } from './find-contract.js';

type Judged = Pick<StoredContract, 'contract' | 'version' | 'state' | 'digest' | 'document'>;

/**
 * Says of contracts in use why they would not be registered today: the linter learns, and what it let through before
 * stays in use until somebody decides otherwise. Each is judged once while the same ones are in use.
 */
export class ApprovedJudge {
  private judged = '';
  private readonly kept = new Map<string, readonly Finding[]>();

  /** The errors of each contract in use, by name and version. */
  async errorsOf(all: readonly Judged[]): Promise<ReadonlyMap<string, readonly Finding[]>> {
    const inUse = all.filter(({ state }) => state === 'approved');
    this.forgetOthers(inUse);
    const find = findAmong(inUse.map(({ document }) => document));
    const errors = new Map<string, readonly Finding[]>();
    for (const { contract, version, document } of inUse) {
      const name = `${contract}@${version}`;
      // Others have their turn: schemas take time to read.
      if (!this.kept.has(name)) await setImmediate();
      const found = this.kept.get(name) ?? errorsIn(document, find);
      this.kept.set(name, found);
      errors.set(name, found);
    }
    return errors;
  }

  private forgetOthers(inUse: readonly Judged[]): void {
    const now = digestOf(inUse.map(({ document }) => document));
    if (now !== this.judged) this.kept.clear();
    this.judged = now;
  }
}

function errorsIn(document: unknown, find: FindContract): Finding[] {
  const { data, problem } = readAs(ToolContract, document, 'The document');
  if (data === undefined) return [error('document.refused', '', problem)];
  return lintContract(data, find).filter(({ severity }) => severity === 'error');
}
