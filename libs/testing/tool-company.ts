import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Artifact, installArtifact, RunVault } from '@belay/agents';
import { loadConfig } from '@belay/config';
import type { Peer, StdioPeer } from '@belay/contracts';
import { type Database, migrate, type Transaction } from '@belay/database';
import type { SignedIn } from '@belay/identity';
import { type Stack, startStack } from '@belay/testing/stack';
import { parse, stringify } from 'yaml';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const AGENT = join(ROOT, 'apps/agent/dist/main.js');
const HELPDESK = join(ROOT, 'samples/mcp-helpdesk');

/** What of the api's services a company of tools is made with. */
interface ToolServices {
  identity: {
    prepareTenant(tenant: number): Promise<unknown>;
    addPerson(
      actor: { tenant: number; person: number },
      person: { name: string; displayName: string; roles: string[] },
    ): Promise<unknown>;
  };
  sessions: {
    signInDemo(tenant: number, name: string): Promise<string>;
    authenticate(tenant: number, by: { session: string }): Promise<SignedIn | undefined>;
  };
  registry: {
    scaffold(actor: SignedIn, peer: Peer): Promise<{ tool: string; text: string }[]>;
    register(actor: SignedIn, text: string): Promise<{ contract: string; version: string; digest: string }>;
    approve(
      actor: SignedIn,
      place: { contract: string; version: string },
      digest: string,
    ): Promise<{ contract: string; version: string; digest: string }>;
  };
  database: Pick<Database, 'transaction'>;
  close(): Promise<void>;
}

/** A sealed text of a run, by the table and column where it lies. */
const SEALED = {
  nodes: ['run_plan', 'nodes'],
  arguments: ['run_value', 'arguments'],
  result: ['run_value', 'result'],
  approval: ['run_approval', 'text'],
} as const;

const PEOPLE = [
  ['dev', ['member', 'developer']],
  ['second', ['member', 'developer']],
  ['ada', ['member']],
  ['ben', ['member']],
  ['boss', ['member', 'admin']],
] as const;

/** Decisions about a contract that only reads. */
export const READ = {
  effect: { class: 'read', blast: { resource: 'tickets', maxItems: 1, perDay: 1000 } },
  approval: { when: 'never' },
  dryRun: { mode: 'none' },
};

const LIMITS = { rate: { calls: 100, per: 'second' }, burst: 200, concurrency: 10, timeoutMs: 10_000 };

/** A stack with the api's services, the agent service and the help desk as an installed server. */
export class ToolCompany<Services extends ToolServices> {
  private constructor(
    readonly stack: Stack,
    readonly services: Services,
    readonly home: string,
    readonly helpdesk: Artifact,
    private readonly people: ReadonlyMap<string, SignedIn>,
  ) {}

  static async start<Services extends ToolServices>(
    kind: 'embedded' | 'native',
    createServices: (config: ReturnType<typeof loadConfig>) => Services,
    { agent = true } = {},
  ): Promise<ToolCompany<Services>> {
    const stack = await startStack(kind);
    await migrate(stack.connection);
    const config = loadConfig(stack.environment);
    const helpdesk = await installArtifact(HELPDESK, config.home, ROOT);
    const services = createServices(config);
    await services.identity.prepareTenant(1);
    const people = new Map<string, SignedIn>();
    for (const [name, roles] of PEOPLE) {
      const person = { name, displayName: name, roles: [...roles] };
      await services.identity.addPerson({ tenant: 1, person: 0 }, person);
      const session = await services.sessions.signInDemo(1, name);
      people.set(name, (await services.sessions.authenticate(1, { session })) as SignedIn);
    }
    const company = new ToolCompany(stack, services, config.home, helpdesk, people);
    if (agent) await company.startAgent();
    return company;
  }

  /** Another agent service on the same data. */
  startAgent(): ReturnType<Stack['start']> {
    const environment = { ...process.env, ...this.stack.environment, BELAY_LOG: 'info' };
    return this.stack.start(process.execPath, [AGENT], 'agent.ready', environment);
  }

  by(name: string): SignedIn {
    const person = this.people.get(name);
    if (!person) throw new Error(`there is no ${name}`);
    return person;
  }

  /** The help desk as a server of its own with its own tickets. */
  peer(id: string, { artifact, integrity, entry = '' }: Artifact = this.helpdesk): StdioPeer {
    return {
      id,
      transport: 'stdio',
      artifact,
      integrity,
      entry,
      args: ['/data'],
      environment: {},
      mounts: [{ name: id, path: '/data', mode: 'rw' }],
      memoryMb: 256,
    } as StdioPeer;
  }

  /** The folder that a server of this id sees as /data. */
  dataOf(id: string): string {
    const folder = join(this.home, 'peer-data', id);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** The tickets of a help desk, as its file has them. */
  tickets(id: string): { id: string; subject: string; state: string; revision: number }[] {
    try {
      const text = readFileSync(join(this.dataOf(id), 'tickets.json'), 'utf8');
      return (
        JSON.parse(text) as { tickets: { id: string; subject: string; state: string; revision: number }[] }
      ).tickets;
    } catch {
      return [];
    }
  }

  /** Changes what is sealed in a run, or in its one step, as only somebody with key and database could. */
  rewrite(
    run: string,
    part: keyof typeof SEALED,
    change: (text: string) => string,
    step?: string,
  ): Promise<void> {
    const vault = new RunVault(this.home);
    const [table, column] = SEALED[part];
    const place = { run, part, ...(step === undefined ? {} : { step }) };
    return this.services.database.transaction({ role: 'owner', tenant: 1 }, async (tx: Transaction) => {
      const where = step === undefined ? 'run_id = $1' : 'run_id = $1 and step_id = $2';
      const values = step === undefined ? [run] : [run, step];
      const { sealed } = await tx.one<{ sealed: Buffer }>({
        text: `select ${column} as sealed from ${table} where ${where}`,
        values,
      });
      const again = vault.seal(tx, place, change(vault.open(tx, place, sealed)));
      await tx.run({
        text: `update ${table} set ${column} = $${values.length + 1} where ${where}`,
        values: [...values, again],
      });
    });
  }

  /** Registers the draft of a tool, decided as given, by one developer, and approves it by another. */
  async approve(peer: Peer, tool: string, decided: object): Promise<{ contract: string; version: string }> {
    const drafts = await this.services.registry.scaffold(this.by('dev'), peer);
    const draft = parse(drafts.find((one) => one.tool === tool)?.text ?? '') as Record<string, unknown>;
    const text = stringify({
      ...draft,
      limits: LIMITS,
      title: tool,
      description: `Ours of ${tool}`,
      ...decided,
    });
    const registered = await this.services.registry.register(this.by('dev'), text);
    return this.services.registry.approve(this.by('second'), registered, registered.digest);
  }

  async stop(): Promise<void> {
    await this.services.close();
    await this.stack.stop();
  }
}
