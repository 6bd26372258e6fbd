import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Approval, NewRun, Run } from '@belay/contracts';
import { sql, type SqlStatement, type Transaction } from '@belay/database';
import { databasesInTurn } from '@belay/testing/stack';
import { READ, ToolCompany } from '@belay/testing/tool-company';
import { createServices, type Services } from '../services.js';

jest.setTimeout(120_000);
const RESTING: readonly Run['state'][] = ['planned', 'running', 'waiting', 'compensating'];
const blast = { resource: 'desk.tickets', maxItems: 1, perDay: 1000 };
const SUBJECT = 'Quentin earns 61234';
const ANSWER = 'Rosamund said so';

describe.each(databasesInTurn())('what a run holds on %s PostgreSQL', (kind) => {
  let company: ToolCompany<Services>;
  const by = (name: string): ReturnType<typeof company.by> => company.by(name);
  const asOwner = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
    company.services.database.transaction({ role: 'owner', tenant: 1 }, work);
  const execute = (statement: SqlStatement): Promise<number> => asOwner((tx) => tx.run(statement));

  async function until(id: string, isSo: (run: Run) => boolean): Promise<Run> {
    for (let turn = 0; turn < 1200; turn += 1) {
      const run = await company.services.runs.get(by('ada'), id);
      if (isSo(run)) return run;
      await sleep(25);
    }
    throw new Error('the run does not come there');
  }
  const rest = (id: string): Promise<Run> => until(id, ({ state }) => !RESTING.includes(state));
  async function started(steps: Extract<NewRun, { steps: unknown }>['steps']): Promise<Run> {
    const { id } = await company.services.runs.create(by('ada'), { title: 'Kept', steps });
    await rest(id);
    await company.services.runs.start(by('ada'), id);
    return rest(id);
  }
  /** A run with a question, a redacted argument and an approval, completed; and what was allowed. */
  async function held(): Promise<{ run: Run; approval: Approval }> {
    const { id } = await started([
      { id: 'why', ask: 'Why?', type: 'text' },
      {
        id: 'open',
        contract: 'desk.create-ticket@^1',
        arguments: { subject: SUBJECT, body: { $from: 'why' } },
      },
    ]);
    await company.services.runs.answer(by('ada'), id, { step: 'why', answer: ANSWER });
    await until(id, ({ state }) => state === 'awaiting-approval');
    const { approvals: all } = await company.services.approvals.pending(by('boss'));
    const approval = all.find(({ run }) => run === id) as Approval;
    const { digest } = approval;
    await company.services.approvals.decide(by('boss'), approval.id, { digest, decision: 'grant' });
    return { run: await rest(id), approval };
  }
  /** Every row of every table as text; bytes are hexadecimal there. */
  async function everything(): Promise<string> {
    const rows = await asOwner(async (tx) => {
      const tables = await tx.many<{ name: string }>(
        sql`select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'belay_migration'`,
      );
      const all = [];
      for (const { name } of tables)
        all.push(...(await tx.many({ text: `select t::text from "${name}" t`, values: [] })));
      return all;
    });
    return JSON.stringify(rows);
  }

  beforeAll(async () => {
    company = await ToolCompany.start(kind, createServices);
    const peer = company.peer('desk');
    await company.approve(peer, 'find_tickets', { ...READ, retentionDays: 400 });
    const irreversible = { effect: { class: 'irreversible', blast }, dryRun: { mode: 'simulate' } };
    const approval = { when: 'always', separation: true };
    const idempotency = { mode: 'key', argument: '/key' };
    await company.approve(peer, 'close_ticket', { ...irreversible, approval, idempotency });
    await company.approve(peer, 'create_ticket', {
      ...irreversible,
      effect: { class: 'compensable', blast },
      compensation: {
        contract: 'desk.close-ticket@^1',
        args: { '/id': '$result/id', '/why': 'taken back' },
      },
      approval,
      idempotency,
      redact: ['/subject', '/body'],
      retentionDays: 30,
    });
  }, 120_000);
  afterAll(() => company?.stop(), 60_000);

  it('lies nowhere in the database in plain, and no digest of it can be guessed', async () => {
    const { run, approval } = await held();
    expect(run).toMatchObject({ state: 'completed' });
    expect(company.tickets('desk')).toMatchObject([{ subject: SUBJECT }]);
    // Whoever allows it sees what it is; afterwards it is a digest, another one in every run.
    expect(JSON.parse(approval.text)).toMatchObject({ arguments: { subject: SUBJECT, body: ANSWER } });
    expect(run.preview?.find(({ id }) => id === 'open')?.arguments).toEqual({
      subject: expect.stringMatching(/^hmac-sha256:/),
      body: { $from: 'why' },
    });
    const shown = (of: Run): string => JSON.stringify(of.steps.find(({ id }) => id === 'open')?.arguments);
    expect(shown(run)).toMatch(/^{"body":"hmac-sha256:[0-9a-f]{64}","subject":"hmac-sha256:[0-9a-f]{64}"}$/);
    expect(shown((await held()).run)).not.toBe(shown(run));
    const bytes = await everything();
    expect(bytes).toContain(approval.digest);
    for (const word of ['Quentin', 'Rosamund'])
      for (const encoding of ['utf8', 'hex', 'base64'] as const)
        expect(bytes).not.toContain(Buffer.from(word).toString(encoding));
    const given = { subject: SUBJECT, body: ANSWER };
    for (const guess of [SUBJECT, ANSWER, given, { body: ANSWER, subject: SUBJECT }])
      expect(bytes).not.toContain(createHash('sha256').update(JSON.stringify(guess)).digest('hex'));
  });

  it('is deleted when the shortest retention of its contracts is over, and its way back with it', async () => {
    const { run, approval } = await held();
    const other = await started([{ id: 'find', contract: 'desk.find-tickets@^1', arguments: { text: 'x' } }]);
    await execute(sql`update agent_run set changed_at = now() - interval '31 days', forget_at = null
      where tenant_id = 1 and run_id = any (${[run.id, other.id]}::uuid[])`);
    const before = await company.services.runs.journal(by('ada'), run.id);
    await company.startAgent();

    const gone = await until(run.id, ({ forgotAt }) => forgotAt !== null);
    expect(gone).toMatchObject({ state: 'completed', mayUndo: false, preview: null, forgetsAt: null });
    expect(gone.steps.map(({ arguments: given, result }) => [given, result])).toEqual([
      [null, null],
      [null, null],
    ]);
    await expect(company.services.runs.undo(by('ada'), run.id)).rejects.toMatchObject({ code: 'conflict' });
    expect(await company.services.runs.journal(by('ada'), run.id)).toEqual(before);
    const { text, digest, granted } = await company.services.approvals.get(by('boss'), approval.id);
    expect({ text, digest, granted }).toEqual({ text: '', digest: approval.digest, granted: ['boss'] });
    for (const table of ['run_plan', 'run_value', 'run_answer'])
      expect(
        await asOwner((tx) => tx.many({ text: `select from ${table} where run_id = $1`, values: [run.id] })),
      ).toEqual([]);
    // The other one is kept for as long as its own contract says.
    const kept = await until(other.id, ({ forgetsAt }) => forgetsAt !== null);
    expect(new Date(kept.forgetsAt ?? '').getTime()).toBeGreaterThan(Date.now() + 368 * 86_400_000);
    expect(kept).toMatchObject({ forgotAt: null, steps: [{ result: { tickets: [] } }] });
  });
});
