/** Git repositories as remote servers hand them out: real ones, on loopback, for specs. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from './product.mjs';

export interface GitServer {
  /** What a repository's path is added to. */
  readonly address: string;
  stop(): Promise<void>;
}

/** A bare repository of one commit on `main` with these files. */
export function makeRepository(bare: string, files: Readonly<Record<string, string>>): void {
  const work = `${bare}-work`;
  const git = (...args: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: work,
      env: { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
      stdio: 'pipe',
    });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), text);
  }
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '-m', 'all');
  git('clone', '--quiet', '--bare', work, bare);
}

/** A certificate for 127.0.0.1 that signs itself, valid from now: paths of its PEM files. */
export function makeCertificate(folder: string): { certificate: string; key: string } {
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'];
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:TRUE'];
  execFileSync('openssl', [...request, ...names, '-keyout', key, '-out', certificate], { stdio: 'pipe' });
  return { certificate, key };
}

/** Serves the repositories below a folder over https with `git http-backend`, to whoever knows the password. */
export async function serveOverHttps(
  folder: string,
  { certificate, key }: { certificate: string; key: string },
  password: string,
): Promise<GitServer> {
  const credentials = `Basic ${Buffer.from(`reader:${password}`).toString('base64')}`;
  const server = createServer(
    { cert: readFileSync(certificate), key: readFileSync(key) },
    (request, response) => {
      if (request.headers.authorization === credentials) return runBackend(folder, request, response);
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `https://reader:${password}@127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function runBackend(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'https://127.0.0.1');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      GIT_PROTOCOL: request.headers['git-protocol']?.toString() ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  child.on('close', () => {
    const all = Buffer.concat(parts);
    const end = all.indexOf('\r\n\r\n');
    const headers = all
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map((line) => line.split(/:\s*/, 2) as [string, string]);
    const status = headers.find(([name]) => name.toLowerCase() === 'status')?.[1] ?? '200';
    for (const [name, value] of headers) if (name.toLowerCase() !== 'status') response.setHeader(name, value);
    response.writeHead(Number(status.slice(0, 3))).end(all.subarray(end + 4));
  });
}

const SSHD = ['/usr/sbin/sshd', '/usr/bin/sshd', '/usr/local/sbin/sshd'];

/**
 * Runs OpenSSH's server on loopback for this user and the key that it makes, and writes the files that a client
 * needs into `client`: `ssh_key` and `known_hosts`. Throws where the server is not installed.
 */
export async function serveOverSsh(folder: string, client: string): Promise<GitServer> {
  const program = SSHD.find((path) => existsSync(path));
  if (!program)
    throw new Error('sshd is missing: apt-get install openssh-server, then run npm run test:full again.');
  // A server that root runs changes to a folder of its own before it knows who comes.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  mkdirSync(client, { recursive: true, mode: 0o700 });
  const [host, own] = [join(folder, 'host_key'), join(client, 'ssh_key')];
  for (const key of [host, own]) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  writeFileSync(join(folder, 'authorized_keys'), readFileSync(`${own}.pub`), { mode: 0o600 });
  const port = await freePort();
  const settings = [
    `HostKey "${host}"`,
    `AuthorizedKeysFile "${join(folder, 'authorized_keys')}"`,
    `ListenAddress 127.0.0.1:${port}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    'PidFile none',
    'SetEnv GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=*',
  ];
  const file = join(folder, 'sshd_config');
  writeFileSync(file, `${settings.join('\n')}\n`);
  chmodSync(host, 0o600);
  const child = spawn(program, ['-D', '-e', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  await ready(child);
  const [type = '', key = ''] = readFileSync(`${host}.pub`, 'utf8').split(' ');
  writeFileSync(join(client, 'known_hosts'), `[127.0.0.1]:${port} ${type} ${key.trim()}\n`);
  return {
    address: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (part: Buffer) => {
      said += part.toString();
      if (said.includes('Server listening')) resolve();
    });
    child.once('close', () => reject(new Error(`sshd ended: ${said}`)));
  });
}
