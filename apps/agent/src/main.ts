import { hostPeers } from '@belay/agents';
import { loadConfig, prepareHome } from '@belay/config';
import { connectRedis, JobQueues } from '@belay/queue';
import { createLogger } from '@belay/telemetry';

// The agent service: the only process that starts or reaches servers of tools. It knows no database.
const config = loadConfig();
prepareHome(config);
const log = createLogger('agent', config.logLevel);
const queues = new JobQueues(connectRedis(config));
hostPeers(queues, config.home);
log.info('agent.ready', {});

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(1), 8000).unref();
  await queues.close();
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
if (config.supervised) process.stdin.on('end', () => void stop()).resume();
