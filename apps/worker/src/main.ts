import { exportErasures } from '@belay/answering';
import { keepAnchor, loadAuditKey, MerkleTree, sequenceLeaves } from '@belay/audit';
import { loadConfig, prepareHome } from '@belay/config';
import { SourceSync } from '@belay/connectors';
import { Database, embeddedConnection } from '@belay/database';
import { drainRemovals, enforceRetention, exportTombstones, Originals } from '@belay/documents';
import { loadModel, MemoryWatermark } from '@belay/inference';
import {
  canBoundParsers,
  closeParsers,
  ensureEmbeddingGeneration,
  GenerationFiller,
  GenerationGate,
  GenerationHost,
  IngestionLine,
  IngestionService,
} from '@belay/ingestion';
import { connectRedis, JobQueues } from '@belay/queue';
import { createLogger } from '@belay/telemetry';

// The worker: embeddings, ingestion stages and the ledger's sequencer. It never serves a request.
const TENANT = 1;
const SEQUENCE_EVERY_MS = 500;
const REBUILD_EVERY_MS = 10_000;
const SYNC_EVERY_MS = 1000;
const REMOVE_EVERY_MS = 2000;
const RETAIN_EVERY_MS = 60_000;
const MODELS_EVERY_MS = 1000;
const MEMORY_EVERY_MS = 5000;

const config = loadConfig();
prepareHome(config);
const log = createLogger('worker', config.logLevel);
const database = new Database(
  config.databaseUrl ? { connectionString: config.databaseUrl } : embeddedConnection(config.sockets),
);
const queues = new JobQueues(connectRedis(config));
const load = (id: string) => loadModel(id, config);
if (config.databaseUrl && (await database.loginIsTooBroad(TENANT, 'worker')))
  log.warn('database.login-too-broad');
if (!canBoundParsers())
  log.warn('parsers.memory-is-measured', { reason: 'no control group can be made here' });
await ensureEmbeddingGeneration(database, TENANT, () => load(config.embeddingModel));
const models = new GenerationHost(database, queues, { threads: config.inferenceThreads, load, log });
await models.sync();
const filler = new GenerationFiller(database, models);
const gate = new GenerationGate(database, models, log);
const originals = new Originals(config);
const line = new IngestionLine(database, queues, { role: 'worker', tenant: TENANT });
const ingestion = new IngestionService(
  database,
  queues,
  line,
  models,
  log,
  originals,
  config.defaultLanguage,
);
ingestion.host();

const keys = loadAuditKey(config.home);
const tree = new MerkleTree();

/** Runs `task` again and again, `pause` ms after it ended, until the process stops. */
function repeat(name: string, pause: number, task: () => Promise<unknown>): void {
  const turn = async (): Promise<void> => {
    try {
      await task();
    } catch (error) {
      log.warn(`${name}.failed`, { reason: (error as Error).message });
    }
    if (!stopping) setTimeout(() => void turn(), pause);
  };
  void turn();
}

let stopping = false;
repeat('sequencer', SEQUENCE_EVERY_MS, async () => {
  const note = await sequenceLeaves(database, TENANT, keys.privateKey, tree);
  if (note && !(await keepAnchor(database, TENANT, config.home, note)))
    log.error('ledger.put-back', {
      reason: 'the checkpoint kept in BELAY_HOME/audit is of a ledger that went on',
    });
});
repeat('tombstones', SEQUENCE_EVERY_MS, () => exportTombstones(database, TENANT, config.home, keys));
repeat('erasures', SEQUENCE_EVERY_MS, () => exportErasures(database, TENANT, config.home, keys));
repeat('removals', REMOVE_EVERY_MS, () => drainRemovals(database, TENANT, originals));
repeat('retention', RETAIN_EVERY_MS, () => enforceRetention(database, TENANT));
const wake = (versionId: string): Promise<void> => line.join(versionId);
const sync = new SourceSync({ database, originals, settings: config, log, wake }, TENANT);
repeat('sources', SYNC_EVERY_MS, () => sync.runNext());
repeat('rebuild', REBUILD_EVERY_MS, () => line.rebuild());
repeat('models', MODELS_EVERY_MS, () => models.sync());
repeat('filler', MODELS_EVERY_MS, () => filler.fill(() => stopping));
repeat('gate', MODELS_EVERY_MS, () => gate.turn());
if (config.memoryWatermark > 0) {
  const watermark = new MemoryWatermark(config.memoryWatermark);
  repeat('memory', MEMORY_EVERY_MS, async () => {
    const { outcome, before, after } = await watermark.look(() => models.recycle());
    if (outcome === 'recycled') log.info('worker.recycled', { before, after });
    if (outcome === 'still-above') log.warn('worker.memory-above-watermark', { before, after });
  });
}
log.info('worker.ready', { threads: config.inferenceThreads });

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(1), 8000).unref();
  await queues.close();
  await closeParsers();
  await models.close();
  await database.close();
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
// Under the supervisor standard input is a pipe that ends with it; elsewhere it may be closed from the start.
if (config.supervised) process.stdin.on('end', () => void stop()).resume();
