import { lookup } from 'node:dns';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publicAddresses } from './guarded-fetch.js';

const MOST_CONNECTIONS = 32;
const CONNECT_MS = 5000;
const IDLE_MS = 120_000;

/** A way out of a sandbox: a folder with a socket for each host. */
export interface Egress {
  readonly folder: string;
  close(): Promise<void>;
}

/**
 * Opens the way out for a server that may reach certain hosts ("name:port") and nothing else. In its sandbox each name
 * stands for an address of its own of the loopback interface, from where bytes are carried to the host's socket here.
 * Only here names are resolved, and what is connected to is the address that was judged: one of the public Internet,
 * unless the contract allows the private network.
 */
export async function openEgress(hosts: readonly string[], isPrivateAllowed: boolean): Promise<Egress> {
  const folder = await mkdtemp(join(tmpdir(), 'belay-egress-'));
  const names = [...new Set(hosts.map((host) => host.split(':')[0] ?? ''))];
  const addressOf = (name: string): string => `127.1.0.${names.indexOf(name) + 1}`;
  const routes = hosts.map((host, at) => {
    const [name = '', port = ''] = host.split(':');
    return { name, port: Number(port), address: addressOf(name), socket: `${at}.sock` };
  });
  const servers = await Promise.all(
    routes.map(({ name, port, socket }) =>
      listen(join(folder, socket), (client) => carry(client, name, port, isPrivateAllowed)),
    ),
  );
  const table = [...names.map((name) => `${addressOf(name)} ${name}`), '127.0.0.1 localhost'];
  await writeFile(join(folder, 'hosts'), `${table.join('\n')}\n`);
  await writeFile(join(folder, 'nsswitch.conf'), 'hosts: files\n');
  await writeFile(join(folder, 'routes.json'), JSON.stringify(routes));
  return {
    folder,
    async close(): Promise<void> {
      for (const server of servers) server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function listen(path: string, carryOne: (client: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, carryOne);
  server.maxConnections = MOST_CONNECTIONS;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}

function carry(client: Socket, name: string, port: number, isPrivateAllowed: boolean): void {
  client.on('error', () => client.destroy());
  let far: Socket;
  try {
    far = connect({
      host: name,
      port,
      allowHalfOpen: true,
      lookup: isPrivateAllowed ? lookup : publicAddresses,
    });
  } catch {
    // What cannot be connected to at all ends this connection, not the service.
    client.destroy();
    return;
  }
  far.setTimeout(CONNECT_MS, () => far.destroy());
  far.once('connect', () => far.setTimeout(IDLE_MS));
  client.setTimeout(IDLE_MS, () => client.destroy());
  client.pipe(far).pipe(client);
  client.on('error', () => far.destroy()).on('close', () => far.destroy());
  far.on('error', () => client.destroy()).on('close', () => client.destroy());
}
