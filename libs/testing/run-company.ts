import { setTimeout as sleep } from 'node:timers/promises';
import {
  FixtureService,
  ApprovalService,
  hostPeers,
  KillService,
  PeerClient,
  PeerPool,
  RegistryService,
  RunHost,
  RunService,
  RunVault,
} from '@belay/agents';
import type { loadConfig } from '@belay/config';
import type { PlanNode, Run, RunState } from '@belay/contracts';
import { Database, embeddedConnection, sql } from '@belay/database';
import { IdentityService, SessionService } from '@belay/identity';
import { EmbeddingClient, InstalledModels } from '@belay/inference';
import { CallLimiter, connectRedis, JobQueues } from '@belay/queue';
import { RetrievalService } from '@belay/retrieval';
import { createLogger } from '@belay/telemetry';
import { READ, ToolCompany } from './tool-company.js';

type HostOptions = ConstructorParameters<typeof RunHost>[0];
export type Playbook = ConstructorParameters<typeof RunService>[2];
const RESTING: readonly RunState[] = ['planned', 'running', 'waiting', 'compensating'];

/** Everything in this process: what the api does, and what the agent service does. */
function inOneProcess(
  config: ReturnType<typeof loadConfig>,
  more: Pick<HostOptions, 'planners'>,
  playbook: Playbook,
) {
  const database = new Database(
    config.databaseUrl
      ? { connectionString: config.databaseUrl, prepares: true }
      : embeddedConnection(config.sockets),
  );
  const redis = connectRedis(config);
  const queues = new JobQueues(redis);
  const privateServers: string[] = [];
  const pool = new PeerPool(config.home, { privateServers });
  hostPeers(queues, pool);
  const log = createLogger('agent', 'error');
  const installed = new InstalledModels(config);
  const embedder = new EmbeddingClient(queues, (id, digest) => installed.exactly(id, digest));
  const retrieval = new RetrievalService(database, embedder, 'agent');
  const options = { tenant: 1, home: config.home, database, redis, queues, pool, log, retrieval, ...more };
  const vault = new RunVault(config.home);
  const wake = (): Promise<void> => Promise.resolve();
  return {
    database,
    redis,
    options,
    privateServers,
    host: new RunHost(options),
    identity: new IdentityService(database),
    sessions: new SessionService(database),
    registry: new RegistryService(
      database,
      new PeerClient(queues),
      new CallLimiter(redis, 60_000),
      new FixtureService(database, vault),
    ),
    runs: new RunService(database, wake, playbook, vault),
    approvals: new ApprovalService(database, wake, vault),
    kills: new KillService(database),
    async close(): Promise<void> {
      await this.host.stop();
      await pool.close();
      await queues.close();
      redis.disconnect();
      await database.close();
    },
  };
}

/** A company whose runs are carried out in this process, so that a test sees and holds what happens. */
export class RunCompany {
  private constructor(private readonly company: ToolCompany<ReturnType<typeof inOneProcess>>) {}

  static async start(
    kind: 'embedded' | 'native',
    more: Pick<HostOptions, 'planners'> = {},
    playbook: Playbook = () => Promise.reject(new Error('no playbooks here')),
  ): Promise<RunCompany> {
    const company = await ToolCompany.start(kind, (config) => inOneProcess(config, more, playbook), {
      agent: false,
    });
    company.services.host.start();
    return new RunCompany(company);
  }

  get tools(): ToolCompany<ReturnType<typeof inOneProcess>> {
    return this.company;
  }

  get services(): ReturnType<typeof inOneProcess> {
    return this.company.services;
  }

  by(name: string): ReturnType<typeof this.company.by> {
    return this.company.by(name);
  }

  /** The help desk with what most specs need of it in use: tickets are found by anybody, and closed for good when allowed. */
  async desk(): Promise<ReturnType<typeof this.company.peer>> {
    const peer = this.company.peer('desk');
    await this.company.approve(peer, 'find_tickets', READ);
    await this.company.approve(peer, 'close_ticket', {
      effect: { class: 'irreversible', blast: { resource: 'desk.tickets', maxItems: 1, perDay: 1000 } },
      idempotency: { mode: 'key', argument: '/key' },
      approval: { when: 'always', separation: true },
      dryRun: { mode: 'simulate' },
    });
    return peer;
  }

  /** Names a server of a test, as whoever runs Belay names one of their own network. */
  name(server: { peer(id: string): { url: string } }): void {
    this.services.privateServers.push(new URL(server.peer('any').url).host);
  }

  execute(statement: ReturnType<typeof sql>): Promise<number> {
    return this.services.database.transaction({ role: 'owner', tenant: 1 }, (tx) => tx.run(statement));
  }

  async until(id: string, isSo: (run: Run) => boolean, as = 'ada'): Promise<Run> {
    let run = await this.services.runs.get(this.by(as), id);
    for (let turn = 0; turn < 1200 && !isSo(run); turn += 1) {
      await sleep(25);
      run = await this.services.runs.get(this.by(as), id);
    }
    if (!isSo(run)) throw new Error(`the run does not come there: ${JSON.stringify(run)}`);
    return run;
  }

  /** The run once it came to rest. */
  rest(id: string, as = 'ada'): Promise<Run> {
    return this.until(id, ({ state }) => !RESTING.includes(state), as);
  }

  /** A run that was started, or could not be. */
  async begin(steps: readonly PlanNode[], as = 'ada'): Promise<Run> {
    const asked = { title: 'Test', steps: [...steps] };
    const { id } = await this.services.runs.create(this.by(as), asked);
    const ready = await this.rest(id, as);
    return ready.state === 'ready' ? this.services.runs.start(this.by(as), id) : ready;
  }

  async go(steps: readonly PlanNode[], as = 'ada'): Promise<Run> {
    return this.rest((await this.begin(steps, as)).id, as);
  }

  /** The agent service ends, and another one goes on. */
  async restart(): Promise<void> {
    await this.services.host.stop();
    this.services.host = new RunHost(this.services.options);
    this.services.host.start();
  }

  stop(): Promise<void> {
    return this.company.stop();
  }
}
