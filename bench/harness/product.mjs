import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Database, embeddedConnection, sql } from '../../libs/database/dist/index.js';
import { bestInstalled, isBetter, listModels } from '../../libs/inference/dist/index.js';
import { startNativePostgres } from '../../libs/testing/native-postgres.mjs';
import { startProduct as startHere } from '../../libs/testing/product.mjs';
import { BENCH_HOME } from './peer.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BOOTSTRAP = join(ROOT, 'apps/cli/bootstrap.mjs');
const FOREIGN = ['BELAY_ADDRESS', 'BELAY_API_KEY', 'BELAY_HOST', 'BELAY_DATABASE_URL', 'BELAY_REDIS_URL'];

const BUNDLED = 'static-en-256';

/** Where models are installed: in the caller's own home, and in that of the benches. */
const homes = () => [process.env.BELAY_HOME ?? join(ROOT, '.belay'), BENCH_HOME];

/** The best model of the ladder that is installed, else the bundled table. */
export function bestModel() {
  const found = homes().flatMap((home) => bestInstalled({ home }) ?? []);
  const [best] = found.sort((one, other) => (isBetter(one.id, other.id, {}) ? -1 : 1));
  return best?.id ?? BUNDLED;
}

function installedModel(id) {
  const found = homes().flatMap((home) => listModels({ home }).filter((model) => model.id === id));
  if (found[0]) return found[0];
  throw new Error(`the model ${id} is not installed. Install it with: ./belay models pull ${id}`);
}

/**
 * Starts Belay in a temporary home with the people of the demo company, and its documents unless `documents` is
 * false; `database` is `embedded` or `native` (a private server that commits durably). Its index is made with the
 * bundled table unless `model` names an installed one. `stop` removes it all.
 */
export async function startProduct(
  say,
  { database = 'embedded', documents = true, environment = {}, model = BUNDLED } = {},
) {
  for (const name of FOREIGN) delete process.env[name];
  const native = database === 'native' ? startNativePostgres(say, { durable: true }) : undefined;
  if (database === 'native' && !native) throw new Error('a native PostgreSQL cannot be provided here');
  const forNative = native && {
    BELAY_DATABASE_URL: native.url,
    BELAY_DEMO: '1',
    BELAY_API_PASSWORD: 'bench-api',
    BELAY_WORKER_PASSWORD: 'bench-worker',
    BELAY_AGENT_PASSWORD: 'bench-agent',
  };
  say(`Starting Belay in a temporary home (${database} PostgreSQL) …`);
  try {
    const product = await startHere({
      keep: () => documents,
      models: model === BUNDLED ? [] : [installedModel(model).folder],
      environment: { ...forNative, BELAY_MODEL: model, ...environment },
    });
    const stop = async () => {
      await product.stop();
      native?.stop();
    };
    // Ctrl-C reaches the child as well; its home must not stay behind.
    process.once('SIGINT', () => void stop().then(() => process.exit(1)));
    const connection = native
      ? { connectionString: native.url }
      : embeddedConnection(`${product.home}/sockets`);
    /** Process numbers of the services, a native server's among them. */
    const services = () => {
      const pids = { ...product.pids(), ...(native && { postgres: native.pid() }) };
      delete pids.supervisor;
      return pids;
    };
    return { ...product, connection, services, stop };
  } catch (error) {
    native?.stop();
    throw error;
  }
}

/** Runs one command of the CLI against a started product and returns the JSON of its last line. */
export async function belay({ environment }, argv, say) {
  const child = spawn(process.execPath, [BOOTSTRAP, ...argv, '--json'], { env: environment });
  const lines = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => (lines.stdout += data));
  child.stderr.on('data', (data) => {
    lines.stderr += data;
    say(`  ${String(data).trimEnd()}`);
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`belay ${argv.join(' ')} ended with ${code}: ${lines.stderr.trim()}`);
  return JSON.parse(lines.stdout.trim().split('\n').at(-1));
}

/** How many passages are indexed, whoever may read them. */
export async function countChunks({ connection }) {
  const database = new Database({ ...connection, max: 1 });
  try {
    const count = sql`select count(*)::int as n from chunk where tenant_id = 1`;
    return await database.transaction({ role: 'owner', tenant: 1 }, async (tx) => (await tx.one(count)).n);
  } finally {
    await database.close();
  }
}

/** A session of a demo person: `post` sends JSON (or a form) to /v1/PATH, `get` reads from it. */
export async function signIn(address, name) {
  const json = { 'content-type': 'application/json' };
  const own = { 'x-belay-request': '1' };
  const session = await fetch(`${address}/v1/session/demo`, {
    method: 'POST',
    headers: { ...own, ...json },
    body: JSON.stringify({ name }),
  });
  if (!session.ok) throw new Error(`${name} could not sign in: ${session.status}`);
  const cookie = session.headers
    .getSetCookie()
    .map((entry) => entry.split(';')[0])
    .join('; ');
  const post = (path, body, accept = 'application/json') => {
    const isForm = body instanceof FormData;
    return fetch(`${address}/v1/${path}`, {
      method: 'POST',
      headers: { ...own, ...(isForm ? {} : json), cookie, accept },
      body: isForm ? body : JSON.stringify(body),
    });
  };
  const get = async (path) => (await fetch(`${address}/v1/${path}`, { headers: { ...own, cookie } })).json();
  return { name, post, get };
}
