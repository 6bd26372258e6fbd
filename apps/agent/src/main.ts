import { groundsOf, hostPeers, PeerPool, quarantineDrifted, RunHost } from '@belay/agents';
import { loadConfig, prepareHome } from '@belay/config';
import { Database, embeddedConnection } from '@belay/database';
import { EmbeddingClient, InstalledModels } from '@belay/inference';
import { canBoundTogether } from '@belay/isolation';
import { connectRedis, JobQueues } from '@belay/queue';
import { RetrievalService } from '@belay/retrieval';
import { createLogger } from '@belay/telemetry';

// The agent service: carries out runs, and is the only process that starts or reaches servers of tools.
const TENANT = 1;

const config = loadConfig();
prepareHome(config);
const log = createLogger('agent', config.logLevel);
const database = new Database(
  config.databaseUrl
    ? { connectionString: config.databaseUrl, prepares: true }
    : embeddedConnection(config.sockets),
);
const redis = connectRedis(config);
const queues = new JobQueues(redis);
const grounds = groundsOf(database, TENANT, config);
const pool = new PeerPool(config.home, {
  ...grounds,
  onDrift(contract, changes) {
    quarantineDrifted(database, TENANT, contract, changes).catch((error: Error) =>
      log.warn('peers.drift-not-recorded', { contract: contract.contract, reason: error.message }),
    );
  },
});
if (config.databaseUrl && (await database.loginIsTooBroad(TENANT, 'agent')))
  log.warn('database.login-too-broad');
if (!canBoundTogether())
  log.warn('peers.memory-is-measured', { reason: 'no control group can be made here' });
hostPeers(queues, pool);
const installed = new InstalledModels(config);
const embedder = new EmbeddingClient(queues, (id, digest) => installed.exactly(id, digest));
const retrieval = new RetrievalService(database, embedder, 'agent');
const host = new RunHost({
  tenant: TENANT,
  home: config.home,
  database,
  redis,
  queues,
  pool,
  log,
  retrieval,
});
host.start();
log.info('agent.ready', {});

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(1), 8000).unref();
  // Servers that are just starting are not waited for: nothing was sent to them.
  await Promise.all([host.stop(), pool.close()]);
  await queues.close();
  redis.disconnect();
  await database.close();
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
if (config.supervised) process.stdin.on('end', () => void stop()).resume();
