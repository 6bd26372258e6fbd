import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { freePort } from './product.mjs';
import { databases, LOGIN_PASSWORD, startStack, type Stack } from './stack.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PATIENCE_MS = 60_000;

interface Service {
  command?: string[];
  environment?: Record<string, string>;
}
const read = (): { services: Record<string, Service> } =>
  parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as never;

describe('docker-compose.yml', () => {
  it('is valid against the compose specification', () => {
    const schema = readFileSync(join(ROOT, 'node_modules/dclint/schemas/compose.schema.json'), 'utf8');
    // Draft 7 under an https address, which Ajv does not know by that name.
    const rules = { ...(JSON.parse(schema) as Record<string, unknown>), $schema: undefined };
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(rules);
    validate(read());
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ services: { api: { command: 7 } } })).toBe(false);
  });

  it('publishes nothing beyond this machine and names no password', () => {
    const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
    const published = [...text.matchAll(/^ {6}- (\S+:\d+:\d+)$/gm)].map(([, port]) => port);
    expect(published).toEqual([expect.stringMatching(/^127\.0\.0\.1:/)]);
    expect(text).not.toMatch(/PASSWORD: (?!\$\{)/);
  });
});

// A container's command as a plain process, with the service's environment: only hosts, ports and folders differ.
const onNative = databases().includes('native') ? describe : describe.skip;
onNative('the commands of docker-compose.yml', () => {
  const { services } = read();
  const started: ChildProcess[] = [];
  let stack: Stack;
  let home: string;
  let redisPort: number;
  let apiPort: number;

  const ofThisRun = (_url: string, user: string): string => {
    const url = new URL(stack.environment['BELAY_DATABASE_URL'] ?? '');
    if (user !== 'belay') [url.username, url.password] = [user, LOGIN_PASSWORD];
    return url.href;
  };
  const here = (value: string): string =>
    value
      .replace(/\$\{\w+:\?[^}]*\}/, LOGIN_PASSWORD)
      .replace(/^postgresql:\/\/(\w+):\w+@postgres:5432\/belay$/, ofThisRun)
      .replace('redis://redis:6379', `redis://127.0.0.1:${redisPort}`)
      .replace('0.0.0.0', '127.0.0.1')
      .replace(/^7420$/, String(apiPort))
      .replace('/data', home);

  function launch(name: string, more: string[] = []): ChildProcess {
    const { command: [program = '', ...args] = [], environment = {} } = services[name] ?? {};
    const env = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, here(value)]));
    const child = spawn(program === 'node' ? process.execPath : program, [...args, ...more], {
      cwd: program === 'node' ? ROOT : home,
      env: { PATH: process.env['PATH'], ...env },
      stdio: 'ignore',
    });
    started.push(child);
    return child;
  }

  async function until(condition: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!(await condition().catch(() => false))) {
      if (Date.now() > end) throw new Error('waited in vain');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  beforeAll(async () => {
    stack = await startStack('native', { isEmpty: true });
    home = mkdtempSync(join(tmpdir(), 'belay-c-'));
    [redisPort, apiPort] = [await freePort(), await freePort()];
  }, PATIENCE_MS);
  afterAll(async () => {
    for (const child of started.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    await stack.stop();
    rmSync(home, { recursive: true, force: true });
  }, PATIENCE_MS);

  it(
    'migrate the database, then serve requests and write a set-up link',
    async () => {
      launch('redis', ['--bind', '127.0.0.1', '--port', String(redisPort)]);
      const migrate = launch('migrate');
      expect(await new Promise((resolve) => migrate.once('exit', resolve))).toBe(0);
      launch('worker');
      launch('api');
      await until(async () => (await fetch(`http://127.0.0.1:${apiPort}/readyz`)).ok);
      await until(() => Promise.resolve(readFileSync(join(home, 'set-up-link'), 'utf8').startsWith('/')));
      const page = await fetch(`http://127.0.0.1:${apiPort}/`);
      expect(await page.text()).toContain('<div id="root">');
    },
    3 * PATIENCE_MS,
  );
});
