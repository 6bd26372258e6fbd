import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Transport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { HttpPeer, Peer, StdioPeer } from '@belay/contracts';
import { DomainError } from '@belay/errors';
import { artifactDigest } from './artifact-digest.js';
import { guardedFetch } from './guarded-fetch.js';
import { canIsolate, sandboxed } from './peer-sandbox.js';
import { PeerConnection } from './peer-connection.js';
import { ProcessTransport } from './process-transport.js';

/** Connects to a server as its contract describes it. `home` is BELAY_HOME. */
export async function connectPeer(peer: Peer, home: string): Promise<PeerConnection> {
  return PeerConnection.open(peer.transport === 'stdio' ? await overStdio(peer, home) : overHttp(peer));
}

async function overStdio(peer: StdioPeer, home: string): Promise<Transport> {
  if (!canIsolate()) {
    throw new DomainError(
      'peers.refused',
      'A server is started in a sandbox only, and bubblewrap does not work here. Install the package bubblewrap.',
    );
  }
  const artifact = join(home, 'peers', peer.artifact);
  const digest = await artifactDigest(artifact).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new DomainError(
      'peers.refused',
      `There is no artifact ${peer.artifact}. Install it with "tools install".`,
    );
  });
  if (digest !== peer.integrity) {
    throw new DomainError(
      'peers.refused',
      `The files of ${peer.artifact} are not those that the contract names: they have ${digest}.`,
    );
  }
  const mounts = Object.fromEntries(peer.mounts.map(({ name }) => [name, dataFolder(home, name)]));
  return new ProcessTransport(sandboxed(peer, { artifact, mounts }));
}

function dataFolder(home: string, name: string): string {
  const folder = join(home, 'peer-data', name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

function overHttp({ url, privateNetwork }: HttpPeer): Transport {
  return new StreamableHTTPClientTransport(new URL(url), { fetch: guardedFetch({ privateNetwork }) });
}
