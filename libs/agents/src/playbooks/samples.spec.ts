import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { ToolContract } from '@belay/contracts';
import { lintContract } from '../contracts/lint-contract.js';
import { readContract } from '../contracts/read-contract.js';
import { findAmong } from '../registry/find-contract.js';
import { lintPlaybook } from './lint-playbook.js';
import { readPlaybook } from './read-playbook.js';
import { tryFixtures } from './try-fixtures.js';

const SAMPLES = fileURLToPath(new URL('../../../../samples/', import.meta.url));
const textsOf = (folder: string): string[] =>
  readdirSync(join(SAMPLES, folder))
    .filter((name) => name.endsWith('.yaml') && name !== 'servers.yaml')
    .sort()
    .map((name) => readFileSync(join(SAMPLES, folder, name), 'utf8'));

// Whether their servers keep them is asked of the servers themselves, in the drill of the api.
describe('the contracts and playbooks of the samples', () => {
  it('are without a finding in the order in which they are registered, and their fixtures hold', async () => {
    const contracts: ToolContract[] = [];
    for (const text of textsOf('contracts')) {
      const { document } = readContract(text);
      contracts.push(document);
      expect([document.contract, lintContract(document, findAmong(contracts))]).toEqual([
        document.contract,
        [],
      ]);
    }
    const find = findAmong(contracts);
    const playbooks = textsOf('playbooks').map((text) => readPlaybook(text).document);
    expect(playbooks.length).toBeGreaterThanOrEqual(6);
    for (const playbook of playbooks) {
      expect([playbook.playbook, lintPlaybook(playbook, find)]).toEqual([playbook.playbook, []]);
      expect((await tryFixtures(playbook, find)).filter(({ problem }) => problem !== null)).toEqual([]);
      expect(playbook.fixtures.length).toBeGreaterThan(0);
    }
  }, 60_000);
});
