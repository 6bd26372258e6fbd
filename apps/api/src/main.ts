import { reapplyErasures } from '@belay/answering';
import { loadAuditKey } from '@belay/audit';
import { loadConfig, prepareHome } from '@belay/config';
import { reapplyTombstones } from '@belay/documents';
import { createApp } from './create-app.js';
import { TENANT } from './http/sign-in.guard.js';
import { preparePeople } from './demo/prepare-people.js';
import { createServices, type Services } from './services.js';

// What does not end by itself does not keep the process.
const LAST_MS = 8000;
const config = loadConfig();
prepareHome(config);
const services = await begin(() => createServices(config));
const app = await begin(open, services);
services.log.info('api.ready', { host: config.host, port: config.port });

/**
 * Runs a step of the start. Where it fails, its reason is the last line that is written; threads of models are ended
 * first, which would take the process with them in the middle of loading.
 */
async function begin<Made>(step: () => Made | Promise<Made>, begun?: Services): Promise<Made> {
  try {
    return await step();
  } catch (error) {
    process.stderr.write(`${(error as Error).stack}\nThe api cannot start: ${(error as Error).message}\n`);
    setTimeout(() => process.exit(1), LAST_MS).unref();
    await begun?.close().catch(() => undefined);
    process.exit(1);
  }
}

async function open(): Promise<Awaited<ReturnType<typeof createApp>>> {
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
  return app;
}

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
  setTimeout(() => process.exit(1), LAST_MS).unref();
  services.runStream.close();
  await app.close();
  await services.close();
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
if (config.supervised) process.stdin.on('end', () => void stop()).resume();
