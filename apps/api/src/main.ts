import { reapplyErasures } from '@belay/answering';
import { loadAuditKey } from '@belay/audit';
import { loadConfig, prepareHome } from '@belay/config';
import { reapplyTombstones } from '@belay/documents';
import { createApp } from './create-app.js';
import { TENANT } from './http/sign-in.guard.js';
import { preparePeople } from './demo/prepare-people.js';
import { createServices } from './services.js';

const config = loadConfig();
prepareHome(config);
const services = createServices(config);
await preparePeople(services);
// A restored backup brings back what was deleted: it goes again before anybody can ask.
const { publicKey } = loadAuditKey(config.home);
const risen = await reapplyTombstones(services.database, 1, config.home, publicKey);
if (risen > 0) services.log.warn('documents.deleted-again', { count: risen });
const asked = await reapplyErasures(services.database, 1, config.home, publicKey);
if (asked > 0) services.log.warn('answers.erased-again', { count: asked });
if (config.databaseUrl && (await services.database.loginIsTooBroad(1, 'api'))) {
  services.log.warn('database.login-too-broad');
}
const app = await createApp(services);
await app.listen(config.port, config.host);
services.log.info('api.ready', { host: config.host, port: config.port });

const RESUME_EVERY_MS = 1000;
let stopping = false;
/** Finishes what an api accepted that is gone by now. */
async function resume(): Promise<void> {
  await services.answerStream.resume(TENANT).catch((error: unknown) => {
    services.log.warn('questions.resume-failed', { reason: (error as Error).message });
  });
  if (!stopping) setTimeout(() => void resume(), RESUME_EVERY_MS).unref();
}
void resume();

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(1), 8000).unref();
  services.runStream.close();
  await app.close();
  await services.close();
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
if (config.supervised) process.stdin.on('end', () => void stop()).resume();
