import { AccessService } from '@belay/access';
import { AnsweringService } from '@belay/answering';
import { loadAuditKey, readAnchor } from '@belay/audit';
import type { Config } from '@belay/config';
import { Database, embeddedConnection } from '@belay/database';
import {
  CollectionService,
  DocumentService,
  Originals,
  ReceiptService,
  RetentionService,
  SweepService,
} from '@belay/documents';
import { IdentityService, SessionService } from '@belay/identity';
import { EmbeddingClient, loadManifest } from '@belay/inference';
import { wakeVersion } from '@belay/ingestion';
import { connectRedis, EventStreams, JobQueues, RateLimiter } from '@belay/queue';
import { RetrievalService } from '@belay/retrieval';
import { createLogger } from '@belay/telemetry';
import { ProblemFilter } from './http/problem.filter.js';

export const SERVICES = 'belay:services';
export type Services = ReturnType<typeof createServices>;

/** Everything that the routes use, wired once from one configuration. */
export function createServices(config: Config) {
  const log = createLogger('api', config.logLevel);
  const database = new Database(
    config.databaseUrl ? { connectionString: config.databaseUrl } : embeddedConnection(config.sockets),
  );
  const redis = connectRedis(config);
  const queues = new JobQueues(redis);
  const embedder = new EmbeddingClient(queues, loadManifest(config.embeddingModel, config.models));
  const access = new AccessService(database);
  const retrieval = new RetrievalService(database, embedder);
  const originals = new Originals(config);
  const models = { embedding: `${embedder.model.id}@${embedder.model.digest}` };
  const wake = (versionId: string): Promise<void> => wakeVersion(queues, versionId, 'parse');
  return {
    config,
    log,
    database,
    embedder,
    access,
    retrieval,
    streams: new EventStreams(redis),
    limiter: new RateLimiter(redis),
    problems: new ProblemFilter(log),
    identity: new IdentityService(database),
    sessions: new SessionService(database),
    collections: new CollectionService(database, access),
    documents: new DocumentService(database, access, originals, wake),
    retention: new RetentionService(database, access),
    receipts: new ReceiptService(database, () => loadAuditKey(config.home).publicKey),
    sweep: new SweepService(database, originals),
    models,
    answering: new AnsweringService(database, retrieval, models),
    ledgerTrust: () => ({ key: loadAuditKey(config.home).publicKey, anchor: readAnchor(config.home) }),
    async close(): Promise<void> {
      await queues.close();
      redis.disconnect();
      await database.close();
    },
  };
}
