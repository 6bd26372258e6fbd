import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { installArtifact } from '@belay/agents';
import type { Approval, ApprovalText, PlanNode, Run } from '@belay/contracts';
import { databasesInTurn } from '@belay/testing/stack';
import { RunCompany } from '@belay/testing/run-company';
import { parse, stringify } from 'yaml';

// What a contract that restores what was there says of its way back where nothing is there, before it happens.
jest.setTimeout(120_000);
const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const BACK = 'Write a note, within 72 hours';
const IF_THERE = `${BACK}, only if something is there already`;

describe.each(databasesInTurn())('the way back of what is new on %s PostgreSQL', (kind) => {
  let company: RunCompany;
  const fileOf = (name: string): string => join(company.tools.dataOf('notes'), name);
  function put(name: string, text: string): void {
    writeFileSync(fileOf(name), text);
    chmodSync(fileOf(name), 0o666);
  }
  const write = (path: string, contract = 'files.write-file', id = 'save'): PlanNode => ({
    id,
    contract: `${contract}@^1`,
    arguments: { path, content: 'buy milk' },
  });
  const planned = async (...steps: PlanNode[]): Promise<Run> => {
    const { id } = await company.services.runs.create(company.by('ada'), { title: 'Note', steps });
    return company.rest(id);
  };
  const start = async ({ id }: Run): Promise<Run> => {
    await company.services.runs.start(company.by('ada'), id);
    return company.rest(id);
  };
  async function asked({ id }: Run): Promise<Approval> {
    const { approvals } = await company.services.approvals.pending(company.by('ada'));
    const found = approvals.find(({ run, state }) => run === id && state === 'pending');
    if (!found) throw new Error('nothing is asked');
    return found;
  }
  const wayBackIn = ({ text }: Approval): string | null => (JSON.parse(text) as ApprovalText).wayBack;
  async function allow({ id }: Run, { id: approval, digest }: Approval): Promise<Run> {
    const decision = 'grant' as const;
    await company.services.approvals.decide(company.by('ada'), approval, { digest, decision });
    return company.rest(id);
  }
  async function undone({ id }: Run): Promise<Run> {
    await company.services.runs.undo(company.by('ada'), id);
    return company.rest(id);
  }

  beforeAll(async () => {
    company = await RunCompany.start(kind);
    const { tools, services } = company;
    await installArtifact('npm:@modelcontextprotocol/server-filesystem@2026.8.31', tools.home, ROOT);
    mkdirSync(tools.dataOf('notes'), { recursive: true });
    const sample = (name: string): string => readFileSync(join(ROOT, 'samples/contracts', name), 'utf8');
    const [read, written] = [sample('05-files-read-text-file.yaml'), sample('06-files-write-file.yaml')];
    const changed = (text: string, change: object): string =>
      stringify({ ...(parse(text) as object), ...change });
    const { approval, snapshot } = parse(written) as { approval: object; snapshot: object };
    const asked = { ...snapshot, contract: 'files.read-asked@^1' };
    for (const text of [
      read,
      written,
      changed(written, { contract: 'files.write-freely', approval: { when: 'tainted' } }),
      changed(read, { contract: 'files.read-asked', approval }),
      changed(written, { contract: 'files.write-asked', snapshot: asked }),
    ]) {
      const row = await services.registry.register(company.by('dev'), text);
      await services.registry.approve(company.by('second'), row, row.digest);
    }
  }, 120_000);
  afterAll(() => company?.stop(), 60_000);

  it('is said to be none before it happens, and on what is asked', async () => {
    const ready = await planned(write('todo.txt'));
    expect(ready).toMatchObject({
      state: 'ready',
      preview: [{ wayBack: null, isBackSure: true }],
      bounds: { effects: 1, withoutWayBack: 1, unsureWayBack: 0 },
    });
    const held = await start(ready);
    const approval = await asked(held);
    expect(wayBackIn(approval)).toBeNull();
    const done = await allow(held, approval);
    expect(done).toMatchObject({ state: 'completed', steps: [{ wayBack: null }], mayUndo: false });
    await expect(undone(done)).rejects.toMatchObject({ code: 'conflict' });
    expect(readFileSync(fileOf('todo.txt'), 'utf8')).toBe('buy milk');
  });

  it('is there where something is, and is as it was said', async () => {
    put('old.txt', 'before');
    const ready = await planned(write('old.txt'));
    expect(ready).toMatchObject({ preview: [{ wayBack: BACK, isBackSure: true }] });
    expect(ready).toMatchObject({ bounds: { withoutWayBack: 0, unsureWayBack: 0 } });
    const held = await start(ready);
    const done = await allow(held, await asked(held));
    expect(done).toMatchObject({ state: 'completed', steps: [{ wayBack: BACK }] });
    expect(await undone(done)).toMatchObject({ state: 'compensated' });
    expect(readFileSync(fileOf('old.txt'), 'utf8')).toBe('before');
  });

  it('law-3: is not looked for by a read that somebody has to allow first', async () => {
    put('asked.txt', 'before');
    const ready = await planned(write('asked.txt', 'files.write-asked'));
    expect(ready).toMatchObject({ preview: [{ wayBack: IF_THERE, isBackSure: false }] });
  });

  it('depends on what is there where another call may change that before', async () => {
    const ready = await planned(write('twice.txt'), write('twice.txt', 'files.write-file', 'again'));
    expect(ready).toMatchObject({
      preview: [
        { wayBack: IF_THERE, isBackSure: false },
        { wayBack: IF_THERE, isBackSure: false },
      ],
      bounds: { withoutWayBack: 0, unsureWayBack: 2 },
    });
    const first = await start(ready);
    expect(wayBackIn(await asked(first))).toBeNull();
    const second = await allow(first, await asked(first));
    expect(wayBackIn(await asked(second))).toBe(BACK);
  });

  it('law-3: is asked for anew where what is there changed after it was asked', async () => {
    put('gone.txt', 'before');
    const held = await start(await planned(write('gone.txt')));
    const approval = await asked(held);
    expect(wayBackIn(approval)).toBe(BACK);
    rmSync(fileOf('gone.txt'));
    const again = await allow(held, approval);
    expect(again).toMatchObject({ state: 'awaiting-approval', steps: [{ wayBack: null }] });
    expect(existsSync(fileOf('gone.txt'))).toBe(false);
    const other = await asked(again);
    expect(wayBackIn(other)).toBeNull();
    put('gone.txt', 'theirs');
    const third = await allow(again, other);
    expect(third).toMatchObject({ state: 'awaiting-approval', steps: [{ wayBack: BACK }] });
    expect(readFileSync(fileOf('gone.txt'), 'utf8')).toBe('theirs');
    expect(await allow(third, await asked(third))).toMatchObject({ state: 'completed' });
  });

  it('law-3: is not made silently where nobody is asked and it was shown as one that can be taken back', async () => {
    put('free.txt', 'before');
    const ready = await planned(write('free.txt', 'files.write-freely'));
    expect(ready).toMatchObject({ preview: [{ wayBack: BACK }] });
    rmSync(fileOf('free.txt'));
    expect(await start(ready)).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/^It was shown as one that can be taken back/),
    });
    expect(existsSync(fileOf('free.txt'))).toBe(false);
    const final = await planned(write('free.txt', 'files.write-freely'));
    expect(final).toMatchObject({ preview: [{ wayBack: null }] });
    expect(await start(final)).toMatchObject({ state: 'completed', steps: [{ wayBack: null }] });
  });
});
