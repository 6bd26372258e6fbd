import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SdkError, SdkErrorCode, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { HttpPeer, Peer, StdioPeer } from '@belay/contracts';
import { DomainError, isDomainError } from '@belay/errors';
import { artifactDigest } from './artifact-digest.js';
import { openEgress } from './egress.js';
import { overfull, type Room } from './folder-room.js';
import { guardedFetch } from './guarded-fetch.js';
import { inControlGroup } from './in-control-group.js';
import { canIsolate, type Folders, sandboxed, unsandboxed } from './peer-sandbox.js';
import { type Opening, PeerConnection } from './peer-connection.js';
import { type Launch, ProcessTransport } from './process-transport.js';

/** What servers are given, and what is allowed, besides what their contracts say. */
export interface Grounds {
  /** The values of the secrets that a server names, by their names. */
  readonly secretsOf?: (peer: Peer) => Promise<Readonly<Record<string, string>>>;
  /** Called before a server starts without a sandbox, where none works here; absent, it is refused. */
  readonly onUnsandboxed?: ((peer: StdioPeer) => Promise<void>) | undefined;
  /** Whether nobody approved the server yet: its folders are empty ones that nothing is left of, and it has no hosts. */
  readonly isBare?: boolean | undefined;
  /** Private addresses ("name:port") that may be asked before somebody approved them. */
  readonly privateServers?: readonly string[] | undefined;
  /** Aborted, it ends the server, also while it starts. */
  readonly signal?: AbortSignal;
}

type Secrets = Readonly<Record<string, string>>;
// However soon a server wants to be asked again for a stream that it ended.
const LEAST_RETRY_MS = 250;

/** Connects to a server as its contract describes it. `home` is BELAY_HOME. */
export async function connectPeer(peer: Peer, home: string, grounds: Grounds = {}): Promise<PeerConnection> {
  const secrets = (await grounds.secretsOf?.(peer)) ?? {};
  const opening = { hidden: Object.values(secrets), signal: grounds.signal };
  if (peer.transport === 'http') return overHttp(peer, secrets, grounds, opening);
  try {
    return await PeerConnection.open(await overStdio(peer, home, secrets, grounds), opening);
  } catch (cause) {
    // Some servers of the former era end when they are asked for the later one.
    if (!endedWhenAsked(cause)) throw cause;
    const transport = await overStdio(peer, home, secrets, grounds);
    return PeerConnection.open(transport, { ...opening, era: 'legacy' });
  }
}

const endedWhenAsked = (error: unknown): boolean =>
  isDomainError(error) &&
  error.cause instanceof SdkError &&
  error.cause.code === SdkErrorCode.EraNegotiationFailed;

async function overStdio(
  peer: StdioPeer,
  home: string,
  secrets: Secrets,
  grounds: Grounds,
): Promise<ProcessTransport> {
  const isIsolated = canIsolate();
  if (!isIsolated && !grounds.onUnsandboxed) {
    throw new DomainError(
      'peers.refused',
      'A server is started in a sandbox only, and bubblewrap does not work here. Install the package bubblewrap.',
    );
  }
  const artifact = await pinnedArtifact(peer, home);
  const environment = { ...peer.environment, ...given(peer.secrets, secrets) };
  if (!isIsolated) {
    await grounds.onUnsandboxed?.(peer);
    if (grounds.isBare) return scratched(peer, artifact, environment);
    const folders = { artifact, mounts: await foldersOf(peer, home) };
    return started(unsandboxed(peer, folders, environment), roomsOf(peer, home));
  }
  if (grounds.isBare) return started(sandboxed(peer, { artifact, mounts: {} }, environment));
  const mounts = await foldersOf(peer, home);
  const rooms = roomsOf(peer, home);
  const { hosts = [], privateNetwork = false } = peer;
  if (hosts.length === 0) return started(sandboxed(peer, { artifact, mounts }, environment), rooms);
  const egress = await openEgress(hosts, privateNetwork);
  const folders: Folders = { artifact, mounts, egress: egress.folder };
  return started({ ...sandboxed(peer, folders, environment), release: () => egress.close() }, rooms);
}

const started = (launch: Launch, rooms: readonly Room[] = []): ProcessTransport =>
  new ProcessTransport(
    inControlGroup(rooms.length === 0 ? launch : { ...launch, overfull: () => overfull(rooms) }),
  );

/** Without a sandbox and without the folders of others: with empty ones that are removed when it ends. */
async function scratched(
  peer: StdioPeer,
  artifact: string,
  environment: Readonly<Record<string, string>>,
): Promise<ProcessTransport> {
  const scratch = mkdtempSync(join(tmpdir(), 'belay-scratch-'));
  const launch = unsandboxed(peer, { artifact, mounts: await foldersOf(peer, scratch) }, environment);
  return started({ ...launch, release: () => rm(scratch, { recursive: true, force: true }) });
}

/** The folders that a server sees. Throws `peers.refused` where one that it may write has no room left. */
async function foldersOf(peer: StdioPeer, home: string): Promise<Record<string, string>> {
  const folders = Object.fromEntries(peer.mounts.map(({ name }) => [name, dataFolder(home, name)]));
  const why = await overfull(roomsOf(peer, home));
  if (why === undefined) return folders;
  throw new DomainError('peers.refused', `The server is not started: ${why}. Make room, or allow it more.`);
}

const roomsOf = (peer: StdioPeer, home: string): Room[] =>
  peer.mounts
    .filter(({ mode }) => mode === 'rw')
    .map(({ name, maxMb }) => ({ name, folder: dataFolder(home, name), maxMb }));

/** The folder of an artifact whose files are exactly those that the contract names. */
async function pinnedArtifact(peer: StdioPeer, home: string): Promise<string> {
  const artifact = join(home, 'peers', peer.artifact);
  const digest = await artifactDigest(artifact).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new DomainError(
      'peers.refused',
      `There is no artifact ${peer.artifact}. Install it with "tools install".`,
    );
  });
  if (digest === peer.integrity) return artifact;
  throw new DomainError(
    'peers.refused',
    `The files of ${peer.artifact} are not those that the contract names: they have ${digest}.`,
  );
}

function dataFolder(home: string, name: string): string {
  const folder = join(home, 'peer-data', name);
  // Whoever may not read BELAY_HOME does not come here, whatever its mode is.
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return folder;
}

async function overHttp(
  peer: HttpPeer,
  secrets: Secrets,
  grounds: Grounds,
  opening: Opening,
): Promise<PeerConnection> {
  const ask = guardedFetch({ privateNetwork: peer.privateNetwork && mayBePrivate(peer, grounds) });
  let refused: DomainError | undefined;
  const transport = new StreamableHTTPClientTransport(new URL(peer.url), {
    fetch: (input, init) =>
      ask(input, init).catch((cause: unknown) => {
        if (isDomainError(cause)) refused = cause;
        throw cause;
      }),
    requestInit: { headers: given(peer.secrets, secrets) },
    reconnectionScheduler(reconnect, delay) {
      const timer = setTimeout(reconnect, Math.max(delay, LEAST_RETRY_MS)).unref();
      return () => clearTimeout(timer);
    },
  });
  try {
    return await PeerConnection.open(transport, opening);
  } catch (cause) {
    // What the library makes of it says less.
    throw refused ?? cause;
  }
}

/** One's own network is reached where somebody approved that, or whoever runs Belay named the address. */
function mayBePrivate({ url }: HttpPeer, { isBare = false, privateServers = [] }: Grounds): boolean {
  const { hostname, port, protocol } = new URL(url);
  return !isBare || privateServers.includes(`${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`);
}

/** Variables or headers with the values of the secrets that they name. */
function given(names: Readonly<Record<string, string>> = {}, secrets: Secrets): Record<string, string> {
  return Object.fromEntries(
    Object.entries(names).map(([place, name]) => {
      const value = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
      if (value !== undefined) return [place, value];
      throw new DomainError(
        'peers.refused',
        `The secret ${name} is not set for this server as it is described now. Set it with "tools secret set ${name}".`,
      );
    }),
  );
}
