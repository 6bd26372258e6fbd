import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A private Redis on a Unix socket in a temporary folder, `sockets`; `stop` removes both. */
export async function startRedis() {
  const sockets = mkdtempSync(join(tmpdir(), 'belay-r-'));
  const place = ['--port', '0', '--unixsocket', join(sockets, 'redis.sock')];
  const child = spawn('redis-server', [...place, '--save', '', '--appendonly', 'no'], { cwd: sockets });
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.stdout.on('data', (data) => String(data).includes('accept connections') && resolve());
    child.once('exit', () => reject(new Error('Redis did not start')));
  });
  const stop = () => {
    child.kill();
    rmSync(sockets, { recursive: true, force: true });
  };
  return { sockets, stop };
}
