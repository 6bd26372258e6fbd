import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadModel, modelsFolder } from '@belay/inference';
import { EXIT } from '../failure.js';
import { main } from '../main.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'belay-bench-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

async function run(...args: string[]) {
  const [printed, notes]: [string[], string[]] = [[], []];
  const environment = { BELAY_HOME: home };
  const print = (text: string): void => void printed.push(text);
  const note = (text: string): void => void notes.push(text);
  const code = await main(['models', ...args], environment, { environment, print, note });
  return { code, printed: printed.join('\n'), notes: notes.join('\n') };
}

describe('models bench', () => {
  it('measures every model that is here, and says which cannot be', async () => {
    const broken = join(home, 'models', 'broken');
    mkdirSync(broken, { recursive: true });
    cpSync(join(modelsFolder(), 'static-en-256', 'vocab.txt'), join(broken, 'vocab.txt'));
    const entry = loadModel('static-en-256', {});
    writeFileSync(join(broken, 'model.json'), JSON.stringify({ ...entry, id: 'broken' }));
    const { code, printed } = await run('bench', '--seconds', '1', '--threads', '2', '--json');
    expect(code).toBe(EXIT.failure);
    const { models } = JSON.parse(printed) as { models: Record<string, number | string>[] };
    expect(models).toEqual([
      expect.objectContaining({ id: 'static-en-256', threads: 2 }),
      { id: 'broken', problem: expect.stringContaining('does not match its digest') as unknown },
    ]);
    const figures = models[0] ?? {};
    for (const name of ['loadMs', 'sessionMb', 'processMb', 'tokensPerSecond', 'queryP50Ms', 'queryP95Ms'])
      expect(figures[name]).toBeGreaterThan(0);
  });

  it('measures one, for people', async () => {
    const { code, printed } = await run('bench', 'static-en-256', '--seconds', '1');
    expect(code).toBe(EXIT.ok);
    expect(printed).toContain('tokens/s');
  });

  it.each([['no-such-model'], ['static-en-256', '--seconds', '0']])('refuses %s', async (...args) => {
    expect((await run('bench', ...args)).code).not.toBe(EXIT.ok);
  });
});

describe('models pull', () => {
  it('asks no hub that nobody named', async () => {
    const { code, notes } = await run('pull', 'hf:owner/name');
    expect(code).toBe(EXIT.usage);
    expect(notes).toContain('BELAY_MODEL_HUB');
  });

  it('names what is known', async () => {
    expect((await run('pull', 'nothing')).notes).toContain('multilingual-e5-small');
  });
});
