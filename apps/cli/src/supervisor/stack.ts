import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  EMBEDDED_READY,
  embeddedConnection,
  embeddedEntry,
  type LoginName,
  migrate,
  provideLogins,
} from '@belay/database';
import type { Context } from '../context.js';
import { modelsInUse } from '../models-in-use.js';
import { samplesFolder, workspaceRoot } from '../workspace.js';
import { firstModel } from './first-model.js';
import { sayMigrated } from './migrate.js';
import { addressOf, homeFiles, type Plan } from './plan.js';
import { claimPort, isReady, waitUntil } from './ready.js';
import { ensureRedisServer, pingRedis, redisCommand } from './redis.js';
import { Service, type ServiceSpec } from './service.js';

const START_LIMIT_MS = 120_000;
// An answer makes many small objects that are gone with it: with more room for them, fewer are moved about meanwhile.
const NODE_FLAGS: Record<LoginName, readonly string[]> = {
  api: ['--max-semi-space-size=32'],
  worker: [],
  agent: [],
};

type LaunchSpec = Omit<ServiceSpec, 'environment' | 'log' | 'onSpawn'> &
  Partial<Pick<ServiceSpec, 'environment'>>;

/** The services of one instance, in the order in which they start. */
export class Stack {
  private readonly services: Service[] = [];
  private port = 0;
  private databaseUrls: Partial<Record<LoginName, string>> = {};
  private model: string | undefined;

  constructor(
    private readonly plan: Plan,
    private readonly context: Context,
    /** Called whenever a process starts, so that its number can be written down. */
    private readonly onSpawn: () => void,
  ) {}

  get address(): string {
    return addressOf(this.plan.config.host, this.port);
  }

  get pids(): Record<string, number> {
    const running = this.services.flatMap((service) =>
      service.pid ? [[service.name, service.pid] as const] : [],
    );
    return { supervisor: process.pid, ...Object.fromEntries(running) };
  }

  /** Starts everything and returns once the API answers. */
  async start(signal: AbortSignal): Promise<void> {
    const { host, port } = this.plan.config;
    this.port = await claimPort(host, port);
    await this.startRedis(signal);
    await this.startDatabase(signal);
    this.startApp('worker');
    this.startApp('agent');
    const api = this.startApp('api');
    this.context.note('Starting the worker, the agent and the API …');
    await waitUntil({ service: api, until: () => isReady(this.address), signal, limitMs: START_LIMIT_MS });
  }

  /** Stops API and worker first, so that nothing writes to a queue or database that is going away. */
  async stop(): Promise<void> {
    for (const name of ['api', 'agent', 'worker', 'redis', 'postgres']) {
      await this.services.find((service) => service.name === name)?.stop();
    }
  }

  kill(): void {
    for (const service of this.services) service.kill();
  }

  private async startRedis(signal: AbortSignal): Promise<void> {
    if (!this.plan.privateRedis) return;
    const { home, sockets } = this.plan.config;
    const program = ensureRedisServer(this.plan.environment, this.plan.offline, this.context.note);
    const data = homeFiles(home).redis;
    mkdirSync(data, { recursive: true, mode: 0o700 });
    this.context.note('Starting the private Redis …');
    const service = this.launch({ name: 'redis', command: 'sh', args: redisCommand(program, data, sockets) });
    await waitUntil({ service, until: () => pingRedis(sockets), signal, limitMs: START_LIMIT_MS });
  }

  private async startDatabase(signal: AbortSignal): Promise<void> {
    const { home, sockets, databaseUrl } = this.plan.config;
    if (databaseUrl === undefined) {
      this.context.note('Starting the embedded PostgreSQL …');
      let ready = false;
      const service = this.launch({
        name: 'postgres',
        command: process.execPath,
        args: [embeddedEntry(), homeFiles(home).postgres, sockets],
        onLine: (line) => void (ready ||= line.trim() === EMBEDDED_READY),
      });
      await waitUntil({ service, until: () => ready, signal, limitMs: START_LIMIT_MS });
    }
    const connection =
      databaseUrl === undefined ? embeddedConnection(sockets) : { connectionString: databaseUrl };
    const applied = await migrate(connection);
    if (databaseUrl !== undefined) await this.provideLogins(databaseUrl);
    if (applied.length > 0) this.context.note(sayMigrated(applied));
    signal.throwIfAborted();
    const active = (await modelsInUse(connection)).find(({ state }) => state === 'active');
    this.model = await firstModel(this.plan, active?.model, this.context, signal);
    signal.throwIfAborted();
  }

  private async provideLogins(ownerUrl: string): Promise<void> {
    try {
      this.databaseUrls = await provideLogins(ownerUrl, this.plan.config.loginPasswords);
    } catch (error) {
      this.context.note(
        `Warning: api, worker and agent log in as BELAY_DATABASE_URL itself. ${(error as Error).message}`,
      );
    }
  }

  private startApp(name: LoginName): Service {
    const entry = join(workspaceRoot(), 'apps', name, 'dist', 'main.js');
    const own = this.databaseUrls[name];
    const environment = own === undefined ? {} : { BELAY_DATABASE_URL: own };
    return this.launch({ name, command: process.execPath, args: [...NODE_FLAGS[name], entry], environment });
  }

  private launch(spec: LaunchSpec): Service {
    const { config, environment } = this.plan;
    const web = environment['BELAY_WEB'] ?? join(workspaceRoot(), 'apps', 'web', 'dist');
    const service = new Service({
      ...spec,
      environment: {
        ...environment,
        BELAY_PORT: String(this.port),
        BELAY_WEB: web,
        BELAY_SAMPLES: samplesFolder(environment),
        BELAY_SUPERVISED: '1',
        ...(this.model !== undefined && { BELAY_MODEL: this.model }),
        ...spec.environment,
      },
      log: join(homeFiles(config.home).logs, `${spec.name}.log`),
      onSpawn: this.onSpawn,
    });
    this.services.push(service);
    service.start();
    return service;
  }
}
