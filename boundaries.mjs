/**
 * The arrows of the house as data: which rooms a room may import. Nx tags, lint, dependency-cruiser and
 * their test read them from here. A room is `libs/NAME` or `apps/NAME`; its package.json carries the Nx tag
 * `scope:NAME` and the `type:` of its layer.
 */
const kernel = ['contracts', 'errors'];
const platform = [...kernel, 'config', 'telemetry', 'database', 'queue', 'inference', 'isolation'];

export const ARROWS = {
  contracts: [],
  errors: [],
  config: kernel,
  telemetry: [...kernel, 'config'],
  database: [...kernel, 'config', 'telemetry'],
  queue: [...kernel, 'config', 'telemetry'],
  inference: [...kernel, 'config', 'telemetry', 'queue'],
  isolation: kernel,
  audit: platform,
  identity: [...platform, 'audit'],
  access: [...platform, 'audit', 'identity'],
  documents: [...platform, 'audit', 'identity', 'access'],
  connectors: [...platform, 'audit', 'identity', 'access', 'documents'],
  retrieval: [...platform, 'identity', 'access'],
  ingestion: [...platform, 'audit', 'documents', 'retrieval'],
  answering: [...platform, 'audit', 'identity', 'access', 'documents', 'retrieval'],
  agents: [...platform, 'audit', 'identity', 'access', 'retrieval'],
  evaluation: kernel,
};
const domain = Object.keys(ARROWS);
export const APPS = {
  api: domain,
  worker: domain,
  agent: domain,
  cli: [...platform, 'agents', 'evaluation'],
  web: ['contracts'],
};

/** Which layers a layer may import, whatever the arrows of its rooms say. */
export const LAYERS = {
  kernel: ['kernel'],
  platform: ['kernel', 'platform'],
  domain: ['kernel', 'platform', 'domain'],
  app: ['kernel', 'platform', 'domain'],
};

/** Packages that one room alone may import. */
export const OWNED_PACKAGES = {
  pg: 'database',
  pgvector: 'database',
  bullmq: 'queue',
  ioredis: 'queue',
  'onnxruntime-node': 'inference',
};
