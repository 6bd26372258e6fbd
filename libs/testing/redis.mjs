/** A private Redis on a Unix socket that keeps nothing on disk. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Starts it with its socket in the folder `sockets`, and waits until it accepts connections. */
export async function spawnRedis(sockets) {
  const place = ['--port', '0', '--unixsocket', join(sockets, 'redis.sock')];
  const child = spawn('redis-server', [...place, '--save', '', '--appendonly', 'no'], { cwd: sockets });
  await new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
      if (output.includes('accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Redis ended with ${code}: ${output}`)));
  });
  return child;
}

/** The same in a temporary folder, `sockets`; `stop` removes both. */
export async function startRedis() {
  const sockets = mkdtempSync(join(tmpdir(), 'belay-r-'));
  const child = await spawnRedis(sockets);
  const stop = () => {
    child.kill('SIGKILL');
    rmSync(sockets, { recursive: true, force: true });
  };
  return { sockets, child, stop };
}
