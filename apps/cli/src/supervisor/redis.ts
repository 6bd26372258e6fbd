import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createConnection } from 'node:net';
import { delimiter, join } from 'node:path';
import { CliError } from '../failure.js';

const INSTALL = 'apt-get update && apt-get install -y redis-server';

/** The path of a program on PATH, or undefined. */
export function findProgram(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  for (const folder of (environment['PATH'] ?? '').split(delimiter).filter((part) => part !== '')) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

/** The path of redis-server; installs it where that is allowed, else says what to run. */
export function ensureRedisServer(
  environment: NodeJS.ProcessEnv,
  offline: boolean,
  note: (line: string) => void,
): string {
  const found = findProgram('redis-server', environment);
  if (found !== undefined) return found;
  const allowed = !offline && process.getuid?.() === 0 && findProgram('apt-get', environment) !== undefined;
  if (!allowed) {
    throw new CliError(
      `Belay keeps its queues in Redis and redis-server is not installed. Run:\n\n  sudo sh -c '${INSTALL}'\n\n` +
        'or set BELAY_REDIS_URL to a Redis you have, then start again.',
    );
  }
  note(`Installing redis-server: ${INSTALL}`);
  const env = { ...environment, DEBIAN_FRONTEND: 'noninteractive' };
  const done = spawnSync('sh', ['-c', INSTALL], { env, stdio: ['ignore', 2, 2] });
  const installed = findProgram('redis-server', environment);
  if (done.status !== 0 || installed === undefined) {
    throw new CliError(`redis-server could not be installed. Run "${INSTALL}" yourself, then start again.`);
  }
  return installed;
}

// redis-server does not watch its standard input. This shell does, and ends it when the supervisor is gone.
const GUARD = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
trap 'kill -TERM $server 2>/dev/null' TERM INT
{ cat <&3 >/dev/null; kill -TERM $server 2>/dev/null; } >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait $server; code=$?
while kill -0 $server 2>/dev/null; do wait $server; code=$?; done
kill $watcher 2>/dev/null
exit $code`;

/** The command line of the private server: one Unix socket, no TCP port, every write kept. */
export function redisCommand(program: string, data: string, sockets: string): string[] {
  const settings = [
    ...['--port', '0', '--unixsocket', join(sockets, 'redis.sock'), '--unixsocketperm', '700'],
    ...['--dir', data, '--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction'],
  ];
  return ['-c', GUARD, 'belay-redis', program, ...settings];
}

/** True once the server behind this socket answers. */
export function pingRedis(sockets: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(join(sockets, 'redis.sock'));
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => finish(data.toString('utf8').startsWith('+PONG')));
  });
}
