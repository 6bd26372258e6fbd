/** The whole product for one spec file: `belay start` in a temporary home, on a free port, with a small company. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BELAY = join(ROOT, 'apps/cli/bootstrap.mjs');
const PROBLEM_LINES = 30;

/** A port that nobody listens on now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * Copies the samples, keeping those documents of the demo company for which `keep(collection, path)` holds, and its
 * tools where they are asked for: they are loaded in the background.
 */
export function smallCompany(folder, keep, tools = false) {
  const target = join(folder, 'samples');
  cpSync(join(ROOT, 'samples'), target, { recursive: true });
  if (!tools) rmSync(join(target, 'contracts'), { recursive: true });
  const file = join(target, 'company/company.json');
  const company = JSON.parse(readFileSync(file, 'utf8'));
  for (const collection of company.collections) {
    collection.documents = collection.documents.filter(({ path }) => keep(collection.name, path));
  }
  writeFileSync(file, JSON.stringify(company));
  return target;
}

/**
 * Starts the product and waits until it says that it is ready. `keep` chooses the demo documents (none by
 * default), `environment` adds variables, `flags` add to `start --offline`, `models` are folders of installed models.
 */
export async function startProduct({
  keep = () => false,
  tools = false,
  environment = {},
  flags = [],
  models = [],
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'belay-p-'));
  const home = join(folder, 'home');
  for (const model of models) cpSync(model, join(home, 'models', basename(model)), { recursive: true });
  const port = await freePort();
  const env = {
    ...process.env,
    BELAY_HOME: home,
    BELAY_SAMPLES: smallCompany(folder, keep, tools),
    NODE_OPTIONS: '',
    ...environment,
  };
  const output = [];
  const launch = async () => {
    const child = spawn(process.execPath, [BELAY, 'start', '--offline', '--port', String(port), ...flags], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await new Promise((resolve, reject) => {
      const read = (data) => {
        output.push(data.toString());
        if (output.join('').includes('Stop it with Ctrl-C')) resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', () =>
        reject(new Error(output.join('').split('\n').slice(-PROBLEM_LINES).join('\n'))),
      );
    });
    return child;
  };
  let supervisor = await launch();
  const interrupt = () =>
    new Promise((resolve) => {
      if (supervisor.exitCode !== null || supervisor.signalCode !== null) return resolve();
      supervisor.once('exit', resolve);
      supervisor.kill('SIGINT');
    });
  return {
    home,
    folder,
    environment: env,
    address: `http://127.0.0.1:${port}`,
    output: () => output.join(''),
    /** Process numbers by service, as `run.json` has them. */
    pids: () => JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')).pids,
    /** Runs the CLI against this product. */
    cli: (...args) => {
      const done = spawnSync(process.execPath, [BELAY, ...args], { cwd: ROOT, env, encoding: 'utf8' });
      return { status: done.status, stdout: done.stdout, stderr: done.stderr };
    },
    /** Ctrl-C, and started again on the same data. */
    restart: async () => {
      await interrupt();
      output.length = 0;
      supervisor = await launch();
    },
    stop: async () => {
      await interrupt();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
