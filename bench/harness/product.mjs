import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BOOTSTRAP = fileURLToPath(new URL('../../apps/cli/bootstrap.mjs', import.meta.url));
const READY = 'Belay is ready:';
const LOADED = 'Stop it with Ctrl-C';

/** Starts Belay with its demo company in a temporary home; `stop` ends it and removes the home. */
export async function startProduct(say) {
  const home = mkdtempSync(join(tmpdir(), 'belay-bench-'));
  const environment = { ...process.env, BELAY_HOME: home };
  for (const name of ['BELAY_ADDRESS', 'BELAY_API_KEY', 'BELAY_HOST']) delete environment[name];
  const argv = [BOOTSTRAP, 'start', '--offline', '--port', String(await freePort())];
  say('Starting Belay in a temporary home …');
  const child = spawn(process.execPath, argv, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGINT');
    await exited;
    rmSync(home, { recursive: true, force: true });
  };
  // Ctrl-C reaches the child as well; its home must not stay behind.
  process.once('SIGINT', () => void stop().then(() => process.exit(1)));
  try {
    const output = await outputUntil(child, LOADED);
    const address = output
      .slice(output.indexOf(READY) + READY.length)
      .trim()
      .split('\n')[0];
    return { address, environment, stop };
  } catch (error) {
    await stop();
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

/** A session of a demo person: `post` sends JSON to /v1/PATH and returns the response. */
export async function signIn(address, name) {
  const headers = { 'content-type': 'application/json', 'x-belay-request': '1' };
  const session = await fetch(`${address}/v1/session/demo`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ name }),
  });
  if (!session.ok) throw new Error(`${name} could not sign in: ${session.status}`);
  const cookie = session.headers
    .getSetCookie()
    .map((entry) => entry.split(';')[0])
    .join('; ');
  const post = (path, body, accept = 'application/json') =>
    fetch(`${address}/v1/${path}`, {
      method: 'POST',
      headers: { ...headers, cookie, accept },
      body: JSON.stringify(body),
    });
  return { name, post };
}

function outputUntil(child, marker) {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (data) => {
      output += data;
      if (output.includes(marker)) resolve(output);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`Belay ended with ${code}: ${output.trim()}`)));
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
