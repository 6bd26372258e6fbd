import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { closeParsers, Parser } from './parser.js';
import { BEGINNING } from './part.js';
import { canBoundParsers } from './sandbox.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
// The compiled one: build the library first.
const ENTRY = join(ROOT, 'libs/ingestion/dist/parse-entry.js');
const HOARDER = join(ROOT, 'libs/testing/hoarding-parser.mjs');
const MB = 2 ** 20;
const PATIENCE_MS = 60_000;
const hasOcr = !spawnSync('tesseract', ['-v']).error;

/** Folders of the control groups that a process made. */
const groupsOf = (pid: number | undefined): string[] =>
  spawnSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', `belay-${pid}-*`], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean);

function reading(file: string, mostMb: number, script = ENTRY): Parser {
  const parser = new Parser(script, mostMb * MB);
  parser.send(readFileSync(join(ROOT, 'samples/formats', file)), file, BEGINNING);
  return parser;
}

describe('a parser and all that it starts', () => {
  afterEach(closeParsers);

  it('law-5: ends a parser whose processes together take more memory than it may, and says so', async () => {
    const parser = reading('pump-note.txt', 200, HOARDER);
    await expect(parser.next(PATIENCE_MS)).rejects.toMatchObject({
      code: 'documents.too-large',
      message: 'Reading the document takes more than 200 MB of memory. Split it.',
    });
    await parser.close();
  });

  it('are a picture and OCR, too, which does not look like a broken picture then', async () => {
    if (!hasOcr) return;
    await expect(reading('pump-scan.png', 48).next(PATIENCE_MS)).rejects.toMatchObject({
      code: 'documents.too-large',
    });
    expect(await reading('pump-scan.png', 400).next(PATIENCE_MS)).toMatchObject({ part: { ordinal: 0 } });
  });

  it('are in a control group with these bounds, of which nothing is left', async () => {
    if (!canBoundParsers()) return;
    // Parsers of other tests in this process wait for another text.
    const others = groupsOf(process.pid);
    const own = (): string[] => groupsOf(process.pid).filter((folder) => !others.includes(folder));
    const parser = reading('pump-note.txt', 300);
    expect(await parser.next(PATIENCE_MS)).toMatchObject({ part: { ordinal: 0 } });
    const groups = own();
    const said = (name: string): string[] =>
      groups.flatMap((folder) => {
        const { stdout } = spawnSync('cat', [join(folder, name)], { encoding: 'utf8' });
        return stdout.split('\n').filter(Boolean);
      });
    expect([...said('memory.max'), ...said('memory.limit_in_bytes')]).toEqual([String(300 * MB)]);
    expect(said('pids.max')).toEqual(['512']);
    expect(said('cgroup.procs').length).toBeGreaterThan(0);
    await parser.close();
    expect(own()).toEqual([]);
  });

  it('leave no group and no folder behind where they cannot be started', () => {
    const own = mkdtempSync(join(tmpdir(), 'belay-t-'));
    // Longer than the kernel takes one word of a command.
    const starts = `
      const { Parser } = await import(${JSON.stringify(ENTRY.replace('parse-entry', 'parser'))});
      try { new Parser('x'.repeat(2 ** 18)); } catch ({ code }) { console.log(code); }`;
    const environment = { ...process.env, TMPDIR: own };
    const worker = spawnSync(process.execPath, ['--input-type=module', '-e', starts], { env: environment });
    expect(worker.stdout.toString().trim()).toBe('E2BIG');
    expect([...readdirSync(own), ...groupsOf(worker.pid)]).toEqual([]);
    rmSync(own, { recursive: true });
  });

  it('end when the process that reads is killed; the next one removes their group', async () => {
    const starts = `
      const { Parser } = await import(${JSON.stringify(ENTRY.replace('parse-entry', 'parser'))});
      const parser = new Parser(${JSON.stringify(ENTRY)});
      parser.send(Buffer.from('A note.'), 'a.txt', { ordinal: 0, offset: 0 });
      await parser.next(60000);
      console.log('reading');`;
    const words = ['--input-type=module', '-e', starts];
    const worker = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(worker.stdout, 'data');
    const left = groupsOf(worker.pid);
    expect(left.length > 0).toBe(canBoundParsers());
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    const next = `await (await import(${JSON.stringify(ENTRY.replace('parse-entry', 'sandbox'))})).canBoundParsers();`;
    spawnSync(process.execPath, ['--input-type=module', '-e', next], { stdio: 'inherit' });
    expect(groupsOf(worker.pid)).toEqual([]);
  });
});
