import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlaybookDetail, ContractDetail } from '@belay/contracts';
import { parse } from 'yaml';
import { z, type ZodType } from 'zod';
import { ApiClient, ApiError } from './http/api-client.js';
import { workspaceRoot } from './workspace.js';

const Servers = z.object({ servers: z.array(z.string()) });
const SERVERS = 'servers.yaml';

/** Where the demo's tools come from and where they go. */
export interface DemoTools {
  readonly address: string;
  /** The folder with `contracts` and `playbooks`. */
  readonly samples: string;
  /** BELAY_HOME. */
  readonly home: string;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Whether the samples of an instance have any. */
export const hasDemoTools = (samples: string): boolean => existsSync(join(samples, 'contracts', SERVERS));

/**
 * Puts the servers of the demo company in place, and has its contracts and playbooks registered by its developer and
 * approved by its administrator. What cannot be done is said, and the rest goes on. Safe to repeat.
 */
export async function loadDemoTools({ address, samples, home, report, signal }: DemoTools): Promise<boolean> {
  const contracts = join(samples, 'contracts');
  const { servers } = Servers.parse(parse(readFileSync(join(contracts, SERVERS), 'utf8')));
  const problems: string[] = [];
  const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    if (signal.aborted) return;
    try {
      await work();
    } catch (error) {
      problems.push(`${what}: ${(error as Error).message}`);
    }
  };
  // Loaded where it is needed: it is more than half of what every command would load.
  const { installArtifact } = await import('@belay/agents');
  await Promise.all(
    servers.map((source) =>
      attempt(source, () =>
        installArtifact(
          source.startsWith('samples/') ? join(samples, '..', source) : source,
          home,
          workspaceRoot(),
        ),
      ),
    ),
  );
  const hand = handIn(address);
  // In their order: what takes an effect back is approved before the effect.
  for (const file of yamlFilesOf(contracts).filter((name) => name !== SERVERS))
    await attempt(file, () => hand('tools', join(contracts, file), ContractDetail, 'contract'));
  for (const file of yamlFilesOf(join(samples, 'playbooks')))
    await attempt(file, () =>
      hand('playbooks', join(samples, 'playbooks', file), PlaybookDetail, 'playbook'),
    );
  if (problems.length > 0)
    report(`Some of the demo company's tools are not there; see docs/agents.md:\n  ${problems.join('\n  ')}`);
  else report("The demo company's tools are there: ./belay playbooks list --as employee");
  return problems.length === 0;
}

const yamlFilesOf = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort();

/** Registers a document as one person and approves it as another. */
function handIn(
  address: string,
): <T extends { digest: string; version: string; state: string }>(
  path: string,
  file: string,
  contract: ZodType<T>,
  name: keyof T,
) => Promise<void> {
  const developer = new ApiClient(address, { demoPerson: 'developer' });
  const admin = new ApiClient(address, { demoPerson: 'admin' });
  return async (path, file, contract, name) => {
    const text = readFileSync(file, 'utf8');
    const row = await developer.call(path, contract, { method: 'POST', body: { text } });
    if (row.state === 'approved') return;
    const place = `${path}/${String(row[name])}/${row.version}/approve`;
    const { digest } = row;
    try {
      await admin.call(place, contract, { method: 'POST', body: { digest } });
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'conflict')) throw error;
    }
  };
}
