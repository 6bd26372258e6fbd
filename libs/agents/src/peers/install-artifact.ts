import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { DomainError } from '@belay/errors';
import { artifactDigest } from './artifact-digest.js';

/** An installed artifact, as a contract names it. */
export interface Artifact {
  readonly artifact: string;
  readonly integrity: string;
  /** The script that its package runs, inside the artifact; undefined where it does not say. */
  readonly entry: string | undefined;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: string | Record<string, string>;
  readonly main?: string;
  readonly dependencies?: Record<string, string>;
}

const NAME = /^(?:@[a-z0-9][a-z0-9._~-]*\/)?[a-z0-9][a-z0-9._~-]*$/i;
const NOT_RUN = /\.(map|md|d\.[cm]?ts|tsx?|mts|cts|flow)$/i;
const PACKAGE = /^npm:((?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*)@(\d+\.\d+\.\d+[a-z0-9.+-]*)$/;

/**
 * Puts a server's files where peers are started from: a package of the npm registry in an exact version with
 * everything that it depends on ("npm:NAME@VERSION"), or a folder. No script of a package runs. Packages that are
 * installed beside Belay are taken from there. The same artifact again replaces nothing unless it is the same.
 * @param home BELAY_HOME
 * @param beside a folder below which node_modules may hold the package
 */
export async function installArtifact(source: string, home: string, beside: string): Promise<Artifact> {
  const peers = join(home, 'peers');
  await mkdir(peers, { recursive: true, mode: 0o700 });
  const staging = await mkdtemp(join(peers, '.staging-'));
  try {
    const { name, entry } = source.startsWith('npm:')
      ? await stagePackage(source, staging, beside)
      : await stageFolder(source, staging, beside);
    await openUp(staging);
    const integrity = await artifactDigest(staging);
    const place = join(peers, name);
    if (!existsSync(place)) await rename(staging, place);
    else if ((await artifactDigest(place)) !== integrity) {
      throw new DomainError(
        'conflict',
        `${name} is installed with other files. Contracts pin those: give the new ones another name or version.`,
      );
    }
    return { artifact: name, integrity, entry };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

// A server runs as nobody: it may read its files, whoever may read the folder that they lie in.
async function openUp(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openUp(path);
    else if (entry.isFile()) await chmod(path, 0o644);
  }
}

async function stageFolder(
  source: string,
  staging: string,
  beside: string,
): Promise<{ name: string; entry: string | undefined }> {
  const folder = resolve(source);
  if (!existsSync(folder)) throw new DomainError('not-found', `There is no folder ${source}.`);
  await cp(folder, staging, { recursive: true, verbatimSymlinks: true });
  const manifest = manifestOf(folder);
  if (!manifest) return { name: safeName(basename(folder)), entry: undefined };
  if (!existsSync(join(folder, 'node_modules'))) {
    const root = realpathSync(beside);
    const needed = new Set<string>();
    for (const name of Object.keys(manifest.dependencies ?? {}))
      for (const one of withDependencies(packageFrom(name, root))) needed.add(one);
    await copyPackages(needed, root, staging);
  }
  return { name: safeName(`${manifest.name}-${manifest.version}`), entry: entryOf(manifest) };
}

async function stagePackage(
  source: string,
  staging: string,
  beside: string,
): Promise<{ name: string; entry: string | undefined }> {
  const [, name = '', version = ''] = PACKAGE.exec(source) ?? [];
  if (!name)
    throw new DomainError(
      'request.invalid',
      `${source} is not a package in an exact version, such as npm:name@1.2.3.`,
    );
  let root = realpathSync(beside);
  let found = findPackage(name, root);
  if (!found || manifestOf(found)?.version !== version) {
    root = realpathSync(await mkdtemp(join(dirname(staging), '.fetching-')));
    fetchPackage(`${name}@${version}`, root);
    found = join(root, 'node_modules', name);
  }
  try {
    await copyPackages(withDependencies(found), root, staging);
  } finally {
    if (root !== realpathSync(beside)) await rm(root, { recursive: true, force: true });
  }
  const manifest = manifestOf(join(staging, 'node_modules', name)) as Manifest;
  const entry = entryOf(manifest);
  return { name: safeName(`${name}-${version}`), entry: entry && `node_modules/${name}/${entry}` };
}

function fetchPackage(name: string, folder: string): void {
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--omit=dev', '--prefix', folder];
  const done = spawnSync('npm', ['install', ...flags, name], { encoding: 'utf8', timeout: 300_000 });
  if (done.status === 0) return;
  const [reason = 'npm did not say why'] = done.stderr
    .split('\n')
    .filter((line) => line.includes('npm error'));
  throw new DomainError(
    'peers.unavailable',
    `${name} cannot be fetched: ${reason.replace('npm error ', '')}`,
  );
}

/** Copies packages to where they lie below their root, so that they find each other. */
async function copyPackages(folders: Iterable<string>, root: string, staging: string): Promise<void> {
  for (const folder of folders) {
    // What of a package lies below it as a package of its own comes by itself, if it is needed; what is for people and
    // compilers only would be read at each start, for the digest.
    const filter = (path: string): boolean =>
      !relative(folder, path).startsWith('node_modules') && !NOT_RUN.test(path);
    const place = relative(root, folder);
    if (place.startsWith('..'))
      throw new DomainError('peers.unavailable', `${basename(folder)} is not installed beside Belay.`);
    await cp(folder, join(staging, place), { recursive: true, filter });
  }
}

/** A package and all that it needs at run time, by the rules of Node.js. */
function withDependencies(folder: string): Set<string> {
  const found = new Set<string>([folder]);
  for (const one of found) {
    for (const name of Object.keys(manifestOf(one)?.dependencies ?? {})) {
      found.add(packageFrom(name, one));
    }
  }
  return found;
}

function packageFrom(name: string, from: string): string {
  // A name is no way to another folder.
  if (!NAME.test(name))
    throw new DomainError(
      'peers.refused',
      `${basename(from)} needs "${name}", which is no name of a package.`,
    );
  const found = findPackage(name, from);
  if (found) return found;
  throw new DomainError('peers.unavailable', `${basename(from)} needs ${name}, which is not installed.`);
}

function findPackage(name: string, from: string): string | undefined {
  const place = join(from, 'node_modules', name);
  if (existsSync(join(place, 'package.json'))) return place;
  return dirname(from) === from ? undefined : findPackage(name, dirname(from));
}

function manifestOf(folder: string): Manifest | undefined {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Manifest) : undefined;
}

function entryOf({ bin, main }: Manifest): string | undefined {
  const [entry = main] = typeof bin === 'string' ? [bin] : Object.values(bin ?? {});
  return entry?.replace(/^\.\//, '');
}

const safeName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 120);
