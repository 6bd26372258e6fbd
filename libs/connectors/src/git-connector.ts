import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { DomainError } from '@belay/errors';
import type { Connector, Entry, Page, Rule } from './connector.js';
import { allowedFolder } from './folder-connector.js';
import { PERMISSIONS_FILE, readPermissions, unreadable } from './read-permissions.js';

const PAGE = 500;
const FETCH_LIMIT_MS = 10 * 60_000;
const MOST_BYTES = 2 * 1024 ** 3;
const LOOK_EVERY_MS = 500;
const MOST_LISTED = 256 * 1024 ** 2;
const LFS_POINTER = 'version https://git-lfs.github.com/spec/';
// Nothing of the machine's or the repository's configuration counts: no hooks, filters, helpers or prompts.
const SAFE = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '/bin/false',
  SSH_ASKPASS: '/bin/false',
  GIT_LFS_SKIP_SMUDGE: '1',
  GIT_OPTIONAL_LOCKS: '0',
  HOME: '/nonexistent',
  PATH: '/usr/local/bin:/usr/bin:/bin',
};
const FLAGS = [
  ...['-c', 'core.hooksPath=/dev/null', '-c', 'transfer.fsckObjects=true', '-c', 'gc.auto=0'],
  // An address that is allowed must not lead to one that is not.
  ...['-c', 'http.followRedirects=false'],
];

interface Place {
  readonly url: string;
  readonly branch: string | null;
  /** A folder of its own, for one sync: nothing of a deleted file stays behind in it. */
  readonly folder: string;
  readonly mostBytes?: number;
  /** A folder that may hold `ca.pem`, `ssh_key` and `known_hosts`. */
  readonly trust?: string | undefined;
}

interface Listing {
  readonly commit: string;
  readonly entries: Entry[];
  readonly rules: readonly Rule[];
}

/** One branch of a Git repository, fetched without history into a bare repository; nothing is ever checked out. */
export class GitConnector implements Connector {
  private listing: Promise<Listing> | undefined;

  private constructor(private readonly place: Place) {}

  /** Throws for an address that the configuration does not list, and for what is no branch name. */
  static async open(
    { location, branch, folder }: { location: string; branch: string | null; folder: string },
    allowed: { roots: readonly string[]; remotes: readonly string[]; trust?: string },
  ): Promise<GitConnector> {
    if (branch !== null && !isBranchName(branch)) throw invalid(`"${branch}" is not the name of a branch.`);
    const url = isAbsolute(location)
      ? `file://${await allowedFolder(location, allowed.roots)}`
      : allowedRemote(location, allowed.remotes);
    return new GitConnector({ url, branch, folder, trust: allowed.trust });
  }

  async list(cursor: string | null): Promise<Page> {
    const [commit, index = '0'] = cursor?.split(':') ?? [];
    this.listing ??= this.read(commit);
    const { commit: listed, entries } = await this.listing;
    // Where the commit of the cursor is not here any more, the listing begins again: entries are listed twice at most.
    const from = listed === commit ? Number(index) : 0;
    const next = from + PAGE;
    return { entries: entries.slice(from, next), cursor: next < entries.length ? `${listed}:${next}` : null };
  }

  async rules(): Promise<readonly Rule[]> {
    this.listing ??= this.read(undefined);
    return (await this.listing).rules;
  }

  async fetch({ revision }: Pick<Entry, 'revision'>): Promise<Buffer> {
    if (!/^[0-9a-f]{40,64}$/.test(revision)) throw invalid('That is not the name of a blob.');
    // After a restart in the middle the repository may have to be fetched again.
    if (!existsSync(join(this.place.folder, 'HEAD'))) await this.download();
    const bytes = await this.git(['cat-file', 'blob', revision]);
    if (bytes.length < 1024 && bytes.subarray(0, LFS_POINTER.length).toString() === LFS_POINTER)
      throw new DomainError(
        'documents.unsupported',
        'It is a pointer to a file in Git LFS, which is not fetched.',
      );
    return bytes;
  }

  async close(): Promise<void> {
    await rm(this.place.folder, { recursive: true, force: true });
  }

  private async read(known: string | undefined): Promise<Listing> {
    const isHere = known !== undefined && /^[0-9a-f]{40,64}$/.test(known) && (await this.has(known));
    const commit = isHere ? known : await this.download();
    const rows = await this.tree(commit);
    const file = rows.find((row) => row.path === PERMISSIONS_FILE);
    const text = file && (await this.git(['cat-file', 'blob', file.revision])).toString();
    const permissions = readPermissions(text);
    const entries = rows.filter((row) => row !== file);
    return {
      commit,
      entries: entries.map((row) => ({ ...row, permissions: permissions.of(row.path) })),
      rules: permissions.rules,
    };
  }

  private has(commit: string): Promise<boolean> {
    return this.git(['cat-file', '-e', `${commit}^{tree}`]).then(
      () => true,
      () => false,
    );
  }

  private async download(): Promise<string> {
    const { url, branch, folder } = this.place;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await this.git(['init', '--quiet', '--bare', '--template=', folder], { inside: false });
    const what = branch === null ? 'HEAD' : `refs/heads/${branch}`;
    const fetch = ['fetch', '--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--', url, what];
    await this.git(fetch, { watched: true });
    return (await this.git(['rev-parse', '--verify', 'FETCH_HEAD^{commit}'])).toString().trim();
  }

  /** Regular files only: no links, no submodules, nothing hidden. */
  private async tree(commit: string): Promise<Omit<Entry, 'permissions'>[]> {
    const listed = (await this.git(['ls-tree', '-r', '-z', '-l', '--full-tree', commit])).toString();
    return listed.split('\0').flatMap((line) => {
      // As a link it would be left out below, and the repository would seem to say nothing.
      if (line.endsWith(`\t${PERMISSIONS_FILE}`) && !line.startsWith('100')) throw unreadable();
      const [, revision = '', size = '', path = ''] =
        /^100(?:644|755) blob ([0-9a-f]+) +(\d+)\t(.*)$/s.exec(line) ?? [];
      const isHidden = path.split('/').some((part) => part.startsWith('.'));
      return path === '' || isHidden ? [] : [{ id: path, path, revision, bytes: Number(size) }];
    });
  }

  private git(args: string[], { inside = true, watched = false } = {}): Promise<Buffer> {
    const where = inside ? [`--git-dir=${this.place.folder}`] : [];
    const protocol = this.place.url.split(':')[0] ?? '';
    const env = { ...SAFE, ...trustOf(this.place.trust), GIT_ALLOW_PROTOCOL: protocol };
    const child = spawn('git', [...FLAGS, ...where, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    return finished(
      child,
      watched ? { folder: this.place.folder, most: this.place.mostBytes ?? MOST_BYTES } : undefined,
    );
  }
}

function finished(
  child: ReturnType<typeof spawn>,
  bound: { folder: string; most: number } | undefined,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let [size, problem, reason] = [0, '', ''];
    const end = (why: string): void => {
      problem ||= why;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => end('Git took longer than ten minutes.'), FETCH_LIMIT_MS);
    const look = setInterval(() => {
      if (bound)
        void sizeOf(bound.folder).then((bytes) => bytes > bound.most && end('The repository is too large.'));
    }, LOOK_EVERY_MS);
    child.stdout?.on('data', (part: Buffer) => {
      parts.push(part);
      size += part.length;
      if (size > MOST_LISTED) end('Git answered more than is taken.');
    });
    child.stderr?.on('data', (part: Buffer) => (reason = (reason + part.toString()).slice(-2000)));
    child.on('error', () => (problem = 'Git is not installed on this server.'));
    child.on('close', (code) => {
      clearTimeout(timer);
      clearInterval(look);
      if (code === 0 && problem === '') resolve(Buffer.concat(parts));
      else reject(new DomainError('service.unavailable', problem || `Git failed: ${lastLine(reason)}`));
    });
  });
}

// An address may carry a password: what Git says of it is not passed on.
const lastLine = (text: string): string =>
  (text.trim().split('\n').at(-1) ?? 'without a reason').replace(/\/\/[^/@\s]*@/g, '//').slice(0, 300);

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))),
  );
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

// What whoever runs Belay puts there counts: certificates in place of the machine's, a key, the hosts that are known.
function trustOf(folder: string | undefined): Record<string, string> {
  const held = (name: string): string | undefined => {
    const path = join(folder ?? '', name);
    return folder !== undefined && existsSync(path) ? path : undefined;
  };
  const [certificates, key, hosts] = [held('ca.pem'), held('ssh_key'), held('known_hosts')];
  const ssh = [
    'ssh -oBatchMode=yes -oStrictHostKeyChecking=yes',
    ...(key ? [`-oIdentitiesOnly=yes ${option('IdentityFile', key)}`] : []),
    ...(hosts ? [`${option('UserKnownHostsFile', hosts)}`] : []),
  ];
  return { GIT_SSH_COMMAND: ssh.join(' '), ...(certificates && { GIT_SSL_CAINFO: certificates }) };
}

// Quoted for ssh, whose values are words, and for the shell that Git hands the command to.
const option = (name: string, path: string): string =>
  `'-o${name}="${path.replaceAll('%', '%%').replaceAll("'", `'\\''`)}"'`;

/** An https or ssh address that begins as one of the configured ones does, at a boundary of its path. */
function allowedRemote(location: string, remotes: readonly string[]): string {
  const isListed = remotes.some((remote) => {
    const base = remote.replace(/\/+$/, '');
    return location === base || location.startsWith(`${base}/`);
  });
  const isPlain = /^(https|ssh):\/\/[^\s\\]+$/.test(location) && !/\/\.\.?(\/|$)|%2e|%2f/i.test(location);
  if (isListed && isPlain) return location;
  throw new DomainError(
    'auth.forbidden',
    'Sources may not read that address. Whoever runs Belay names https and ssh addresses in BELAY_SOURCE_REMOTES.',
  );
}

const isBranchName = (name: string): boolean =>
  /^[A-Za-z0-9_][A-Za-z0-9._/-]{0,200}$/.test(name) && !/\.\.|\/\/|\/$|\.lock$/.test(name);
const invalid = (message: string): DomainError => new DomainError('request.invalid', message);
