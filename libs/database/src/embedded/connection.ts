import { fileURLToPath } from 'node:url';
import type { Connection } from '../database.js';

/** The line that the embedded server prints once it accepts connections. */
export const EMBEDDED_READY = 'embedded postgres ready';

/** Settings of a pool that talks to the embedded server listening in `socketFolder`. */
export function embeddedConnection(socketFolder: string): Connection {
  return { host: socketFolder, port: 5432, user: 'postgres', database: 'postgres', max: 6 };
}

/** The compiled entry of the embedded server: `node ENTRY DATA_FOLDER SOCKET_FOLDER`. */
export function embeddedEntry(): string {
  const here = fileURLToPath(new URL('.', import.meta.url));
  return here.replace(/\/src\/embedded\/$/, '/dist/embedded/') + 'main.js';
}
