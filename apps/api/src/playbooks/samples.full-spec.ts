import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { installArtifact } from '@belay/agents';
import type { NewRun, Run } from '@belay/contracts';
import { ToolCompany } from '@belay/testing/tool-company';
import { parse } from 'yaml';
import { createServices, type Services } from '../services.js';

jest.setTimeout(600_000);
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const SAMPLES = join(ROOT, 'samples');
const RESTING: readonly Run['state'][] = ['planned', 'running', 'waiting', 'compensating'];
const textsOf = (folder: string): string[] =>
  readdirSync(join(SAMPLES, folder))
    .filter((name) => name.endsWith('.yaml') && name !== 'servers.yaml')
    .sort()
    .map((name) => readFileSync(join(SAMPLES, folder, name), 'utf8'));

describe('the contracts and playbooks of the samples', () => {
  let company: ToolCompany<Services>;
  let notes: string;
  const by = (name: string): ReturnType<typeof company.by> => company.by(name);
  async function rest(id: string): Promise<Run> {
    for (let turn = 0; turn < 4000; turn += 1) {
      const run = await company.services.runs.get(by('ada'), id);
      if (!RESTING.includes(run.state)) return run;
      await sleep(50);
    }
    throw new Error('the run does not rest');
  }
  /** A run of a playbook, started, and allowed by somebody else as often as it asks. */
  async function done(playbook: string, slots: Extract<NewRun, { playbook: string }>['slots']): Promise<Run> {
    const { runs, approvals } = company.services;
    const { id } = await runs.create(by('ada'), { playbook: `${playbook}@1.0.0`, slots });
    expect(await rest(id)).toMatchObject({ state: 'ready' });
    await runs.start(by('ada'), id);
    for (let run = await rest(id); ; run = await rest(id)) {
      if (run.state !== 'awaiting-approval') return run;
      const asked = (await approvals.pending(by('boss'))).approvals.find((one) => one.run === id);
      if (!asked) throw new Error('nothing is asked');
      await approvals.decide(by('boss'), asked.id, { digest: asked.digest, decision: 'grant' });
      await sleep(50);
    }
  }
  async function undone({ id }: Run): Promise<Run> {
    await company.services.runs.undo(by('ada'), id);
    return rest(id);
  }
  const memory = (): string => {
    try {
      return readFileSync(join(company.dataOf('memory'), 'memory.jsonl'), 'utf8');
    } catch {
      return '';
    }
  };

  beforeAll(async () => {
    company = await ToolCompany.start('embedded', createServices);
    const environment = { ...process.env, ...company.stack.environment, BELAY_LOG: 'info' };
    await company.stack.start(
      process.execPath,
      [join(ROOT, 'apps/worker/dist/main.js')],
      'worker.ready',
      environment,
    );
    const { servers } = parse(readFileSync(join(SAMPLES, 'contracts/servers.yaml'), 'utf8')) as {
      servers: string[];
    };
    for (const source of servers)
      await installArtifact(source.startsWith('npm:') ? source : join(ROOT, source), company.home, ROOT);
    notes = company.dataOf('notes');
    mkdirSync(notes, { recursive: true });
  }, 300_000);
  afterAll(() => company?.stop(), 60_000);

  it('are what their servers say, without a finding, and are taken in their order', async () => {
    const { registry, playbooks } = company.services;
    for (const text of textsOf('contracts')) {
      const row = await registry.register(by('dev'), text);
      expect([row.contract, row.findings]).toEqual([row.contract, []]);
      await registry.approve(by('second'), row, row.digest);
    }
    for (const text of textsOf('playbooks')) {
      const row = await playbooks.register(by('dev'), text);
      expect([row.playbook, row.findings]).toEqual([row.playbook, []]);
      await playbooks.approve(by('second'), row, row.digest);
    }
    expect((await playbooks.list(by('ada'))).length).toBeGreaterThanOrEqual(6);
  });

  it('open a ticket, and close it again when it is taken back', async () => {
    const run = await done('helpdesk.open-ticket', { subject: 'The fan is loud' });
    expect(run).toMatchObject({ state: 'completed' });
    expect(company.tickets('helpdesk')).toMatchObject([{ subject: 'The fan is loud', state: 'open' }]);
    expect(await undone(run)).toMatchObject({ state: 'compensated', steps: [{ verified: true }] });
    expect(company.tickets('helpdesk')).toMatchObject([{ state: 'closed' }]);
  });

  it('overwrite a note, and restore the bytes that were there', async () => {
    const file = join(notes, 'todo.txt');
    const former = 'Ring Porto\r\n  åäö "quoted" \\n\n';
    writeFileSync(file, former);
    chmodSync(file, 0o666);
    const run = await done('notes.save-note', { file: 'todo.txt', text: 'All done' });
    expect(run).toMatchObject({ state: 'completed' });
    expect(readFileSync(file, 'utf8')).toBe('All done');
    expect(await undone(run)).toMatchObject({ state: 'compensated', steps: [{ verified: true }] });
    expect(readFileSync(file, 'utf8')).toBe(former);
  });

  it('leave alone what somebody wrote into a note since, and say that nothing was there before', async () => {
    const file = join(notes, 'shared.txt');
    writeFileSync(file, 'before');
    chmodSync(file, 0o666);
    const run = await done('notes.save-note', { file: 'shared.txt', text: 'ours' });
    writeFileSync(file, 'theirs');
    expect(await undone(run)).toMatchObject({
      state: 'partially-compensated',
      steps: [{ state: 'compensation-failed', reason: 'Somebody changed it since, and that is left alone.' }],
    });
    expect(readFileSync(file, 'utf8')).toBe('theirs');
    const made = await done('notes.save-note', { file: 'new.txt', text: 'new' });
    expect(made).toMatchObject({ state: 'completed', mayUndo: false, steps: [{ wayBack: null }] });
    await expect(undone(made)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('do not overwrite what could not be restored', async () => {
    const file = join(notes, 'picture.txt');
    const bytes = Buffer.from([0x89, 0x50, 0xff, 0xfe, 0x00, 0x41]);
    writeFileSync(file, bytes);
    chmodSync(file, 0o666);
    const run = await done('notes.save-note', { file: 'picture.txt', text: 'x' });
    expect(run).toMatchObject({ state: 'failed', steps: [{ state: 'failed' }] });
    expect(readFileSync(file)).toEqual(bytes);
  });

  it('remember a fact about somebody, and forget what they made alone', async () => {
    const first = await done('people.remember-fact', { who: 'Karin', fact: 'likes tea' });
    expect(first).toMatchObject({ state: 'completed' });
    const second = await done('people.remember-fact', { who: 'Karin', fact: 'works from Porto' });
    expect(second).toMatchObject({ state: 'completed' });
    expect(memory()).toMatch(/likes tea.*works from Porto/);
    expect((await undone(second)).state).toBe('compensated');
    expect(memory()).toMatch(/likes tea/);
    expect(memory()).not.toMatch(/works from Porto/);
    expect((await undone(first)).state).toBe('compensated');
    expect(memory()).not.toMatch(/Karin/);
  });

  it('onboard a colleague with a ticket for each task', async () => {
    const run = await done('people.onboard-colleague', { who: 'Mira Holm' });
    expect(run).toMatchObject({ state: 'completed' });
    const open = company.tickets('helpdesk').filter(({ state }) => state === 'open');
    expect(open).toHaveLength(3);
    expect(memory()).toMatch(/Mira Holm/);
  });
});
