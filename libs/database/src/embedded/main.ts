import { chmodSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { embeddedConnection, EMBEDDED_READY } from './connection.js';
import { copyTemplate } from './template.js';
import { keepVacuumed } from './upkeep.js';

// PGlite in a process of its own: PostgreSQL compiled to WebAssembly, one Unix socket, never TCP.
const [, , dataFolder, socketFolder] = process.argv;
if (!dataFolder || !socketFolder) throw new Error('usage: main.js DATA_FOLDER SOCKET_FOLDER');

const socket = join(socketFolder, '.s.PGSQL.5432');
copyTemplate(dataFolder);
const database = await PGlite.create({
  dataDir: dataFolder,
  extensions: { vector },
  relaxedDurability: false,
}).catch((error: Error) => {
  const { bavail, bsize } = statfsSync(dataFolder);
  process.stderr.write(
    `${error.stack ?? error.message}\n\nThe data in ${dataFolder} could not be opened; ${Math.floor((bavail * bsize) / 2 ** 20)} MiB of ` +
      'its disk are free, and up to 64 may be needed. Nothing was changed. With enough space, the data is damaged: ' +
      'put back a copy of this folder, or start anew with --fresh, which erases it.\n',
  );
  process.exit(1);
});
// PGlite lets everybody write its files, whatever the mask says.
chmodSync(dataFolder, 0o700);
rmSync(socket, { force: true }); // a killed process leaves its socket behind
const server = new PGLiteSocketServer({ db: database, path: socket, maxConnections: 64 });
await server.start();
process.stdout.write(`${EMBEDDED_READY}\n`);
const endUpkeep = keepVacuumed(embeddedConnection(socketFolder), ({ message }) =>
  process.stderr.write(`Tables were not vacuumed: ${message}\n`),
);

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  endUpkeep();
  await server.stop();
  await database.close();
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
// The supervisor holds our standard input open: when it dies, however it dies, so do we.
process.stdin.on('end', () => void stop()).resume();
