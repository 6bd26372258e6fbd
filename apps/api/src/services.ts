import { AccessService } from '@belay/access';
import {
  ApprovalService,
  FixtureService,
  KillService,
  PeerClient,
  RegistryService,
  RunService,
  runSignal,
  RunVault,
  PlaybookService,
  SecretService,
  wakeRun,
} from '@belay/agents';
import {
  AnsweringService,
  CalibrationService,
  ConversationService,
  FeedbackService,
  QuestionDesk,
} from '@belay/answering';
import { loadAuditKey, readAnchor } from '@belay/audit';
import type { Config } from '@belay/config';
import { SourceService } from '@belay/connectors';
import { Database, embeddedConnection } from '@belay/database';
import {
  CollectionService,
  DocumentService,
  Originals,
  ReceiptService,
  RetentionService,
  StagingFolder,
  SweepService,
} from '@belay/documents';
import { IdentityService, SessionService } from '@belay/identity';
import { EmbeddingClient, InstalledModels, SentenceReader } from '@belay/inference';
import { GenerationService, IngestionLine } from '@belay/ingestion';
import {
  CallLimiter,
  connectRedis,
  EventStreams,
  JobQueues,
  RateLimiter,
  type Redis,
  Signals,
} from '@belay/queue';
import { RetrievalService } from '@belay/retrieval';
import { createLogger } from '@belay/telemetry';
import { AnswerStream } from './answers/answer-stream.js';
import { ProblemFilter } from './http/problem.filter.js';
import { TENANT } from './http/sign-in.guard.js';
import { RunStream } from './runs/run-stream.js';

export const SERVICES = 'belay:services';
// Whoever works on a contract rather waits than is refused because this machine is busy.
const PATIENCE_MS = 5000;
// A question is read by two cores where nobody else asks; the process answers others meanwhile.
const READING_THREADS = 2;
export type Services = ReturnType<typeof createServices>;

/** Everything that the routes use, wired once from one configuration. */
export function createServices(config: Config) {
  const log = createLogger('api', config.logLevel);
  const database = new Database(
    config.databaseUrl
      ? { connectionString: config.databaseUrl, prepares: 'kept' }
      : embeddedConnection(config.sockets),
  );
  const redis = connectRedis(config);
  const queues = new JobQueues(redis);
  const installed = new InstalledModels(config);
  const embedder = new EmbeddingClient(queues, (id, digest) => installed.exactly(id, digest));
  const access = new AccessService(database);
  const retrieval = new RetrievalService(database, embedder, 'api', config.databaseUrl !== undefined);
  const originals = new Originals(config);
  const line = new IngestionLine(database, queues, { role: 'api', tenant: TENANT });
  const signals = new Signals(redis);
  const streams = new EventStreams(redis);
  const problems = new ProblemFilter(log, config.maxUploadBytes);
  const sessions = new SessionService(database);
  const reader = SentenceReader.bundled(READING_THREADS);
  const answering = new AnsweringService(database, retrieval, reader, config.longestQuestionWaitMs);
  const desk = new QuestionDesk(database, answering);
  const playbooks = new PlaybookService(database, retrieval);
  return {
    config,
    log,
    database,
    access,
    retrieval,
    streams,
    limiter: new RateLimiter(redis),
    problems,
    identity: new IdentityService(database),
    sessions,
    collections: new CollectionService(database, access),
    documents: new DocumentService(database, access, originals, (versionId) => line.join(versionId)),
    staging: new StagingFolder(config.home),
    retention: new RetentionService(database, access),
    receipts: new ReceiptService(database, () => loadAuditKey(config.home).publicKey),
    sources: new SourceService(database, access, config),
    sweep: new SweepService(database, originals),
    calibration: new CalibrationService(database, access),
    installed,
    generations: new GenerationService(database),
    playbooks,
    ...agentServices(config.home, { database, redis, queues, signals, playbooks, problems }),
    answering,
    conversations: new ConversationService(database, answering),
    feedback: new FeedbackService(database),
    desk,
    answerStream: new AnswerStream({ answering, desk, sessions, streams, problems }),
    ledgerTrust: () => ({ key: loadAuditKey(config.home).publicKey, anchor: readAnchor(config.home) }),
    async close(): Promise<void> {
      signals.close();
      await queues.close();
      redis.disconnect();
      await Promise.all([reader.close(), database.close()]);
    },
  };
}

interface AgentParts {
  readonly database: Database;
  readonly redis: Redis;
  readonly queues: JobQueues;
  readonly signals: Signals;
  readonly playbooks: PlaybookService;
  readonly problems: ProblemFilter;
}

/** The registry of tools, and what sees what runs hold, which is sealed with the key in BELAY_HOME. */
function agentServices(home: string, parts: AgentParts) {
  const { database, redis, queues, signals, playbooks, problems } = parts;
  const vault = new RunVault(home);
  const wake = (run: string): Promise<void> => {
    signals.send(runSignal(TENANT, run));
    return wakeRun(queues, run);
  };
  const runs = new RunService(database, wake, (actor, run) => playbooks.plan(actor, run), vault);
  const fixtures = new FixtureService(database, vault);
  const limiter = new CallLimiter(redis, PATIENCE_MS);
  return {
    runs,
    approvals: new ApprovalService(database, wake, vault),
    kills: new KillService(database),
    runStream: new RunStream({ runs, signals, problems }),
    fixtures,
    secrets: new SecretService(database, home),
    registry: new RegistryService(database, new PeerClient(queues), limiter, fixtures),
  };
}
