import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Approval, ApprovalText, Run } from '@belay/contracts';
import { sql, type SqlStatement } from '@belay/database';
import { databasesInTurn } from '@belay/testing/stack';
import { READ, ToolCompany } from '@belay/testing/tool-company';
import { createServices, type Services } from '../services.js';

jest.setTimeout(120_000);
const RESTING: readonly Run['state'][] = ['planned', 'running', 'waiting', 'compensating'];

describe.each(databasesInTurn())('a grant on %s PostgreSQL (law-3)', (kind) => {
  let company: ToolCompany<Services>;
  const by = (name: string): ReturnType<typeof company.by> => company.by(name);
  const count = (): number => company.tickets('desk').length;
  const execute = (statement: SqlStatement): Promise<number> =>
    company.services.database.transaction({ role: 'owner', tenant: 1 }, (tx) => tx.run(statement));

  async function rest(id: string, as = 'ada'): Promise<Run> {
    for (let turn = 0; turn < 600; turn += 1) {
      const run = await company.services.runs.get(by(as), id);
      if (!RESTING.includes(run.state)) return run;
      await sleep(50);
    }
    throw new Error('the run does not rest');
  }
  /** A run that waits for somebody to allow a ticket with these words, and what it asks for. */
  async function held(given: Record<string, unknown>): Promise<Approval> {
    const steps = [{ id: 'open', contract: 'desk.create-ticket@^1', arguments: given }];
    const { id } = await company.services.runs.create(by('ada'), { title: 'Held', steps });
    await rest(id);
    await company.services.runs.start(by('ada'), id);
    expect(await rest(id)).toMatchObject({ state: 'awaiting-approval' });
    return asked(id);
  }
  async function asked(run: string): Promise<Approval> {
    const { approvals: all } = await company.services.approvals.pending(by('boss'));
    return all.find((one) => one.run === run) as Approval;
  }
  const decide = (
    { id, digest }: Approval,
    decision: 'grant' | 'deny' = 'grant',
    who = by('boss'),
  ): Promise<Approval> => company.services.approvals.decide(who, id, { digest, decision });

  beforeAll(async () => {
    company = await ToolCompany.start(kind, createServices);
    const peer = company.peer('desk');
    await company.approve(peer, 'find_tickets', READ);
    await company.approve(peer, 'create_ticket', {
      effect: { class: 'irreversible', blast: { resource: 'desk.tickets', maxItems: 1, perDay: 1000 } },
      idempotency: { mode: 'key', argument: '/key' },
      budget: { cost: 1, maxPerRun: 100 },
      approval: { when: 'always', separation: true },
      dryRun: { mode: 'simulate' },
    });
  }, 120_000);
  afterAll(() => company?.stop(), 60_000);

  it('is of its arguments: other ones ask again', async () => {
    const before = count();
    const approval = await held({ subject: 'Printer' });
    await company.rewrite(approval.run, 'nodes', (text) => text.replace('Printer', 'Vault'));
    await decide(approval);
    expect(await rest(approval.run)).toMatchObject({ state: 'awaiting-approval' });
    const again = await asked(approval.run);
    expect(again.digest).not.toBe(approval.digest);
    expect(JSON.parse(again.text) as ApprovalText).toMatchObject({ arguments: { subject: 'Vault' } });
    expect(count()).toBe(before);
  });

  it('is of the bytes that were read: others cannot be granted under their digest', async () => {
    const approval = await held({ subject: 'Printer' });
    await company.rewrite(approval.run, 'approval', (text) => text.replace('Printer', 'Vault'), 'open');
    await expect(decide(approval)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('cannot follow a denial, and is no longer one when it was used', async () => {
    const before = count();
    const denied = await held({ subject: 'Denied' });
    await decide(denied, 'deny');
    await expect(decide(denied)).rejects.toMatchObject({ code: 'conflict' });
    expect(await rest(denied.run)).toMatchObject({ state: 'denied' });
    const used = await held({ subject: 'Used' });
    await decide(used);
    expect(await rest(used.run)).toMatchObject({ state: 'completed' });
    await expect(decide(used)).rejects.toMatchObject({ code: 'conflict' });
    expect(count()).toBe(before + 1);
  });

  it('is of one run: the same bytes in another one ask again', async () => {
    const before = count();
    const one = await held({ subject: 'Twice' });
    const other = await held({ subject: 'Twice' });
    await execute(sql`update run_approval o set text = a.text, digest = a.digest, state = 'granted'
      from run_approval a where a.tenant_id = 1 and a.approval_id = ${one.id}
        and o.tenant_id = 1 and o.approval_id = ${other.id}`);
    await execute(sql`update agent_run set state = 'running' where tenant_id = 1 and run_id = ${other.run}`);
    expect(await rest(other.run)).toMatchObject({ state: 'awaiting-approval' });
    expect(count()).toBe(before);
  });

  it('is of one tenant: nobody of another one sees or gives it', async () => {
    const approval = await held({ subject: 'Ours' });
    const stranger = { ...by('boss'), tenant: 2 };
    await expect(decide(approval, 'grant', stranger)).rejects.toMatchObject({ code: 'not-found' });
    expect(await company.services.approvals.pending(stranger)).toEqual({ approvals: [], notShown: 0 });
  });

  it('law-3: is one only while whoever gave it could give it', async () => {
    const before = count();
    const approval = await held({ subject: 'Of one who left' });
    await execute(sql`insert into run_vote (tenant_id, approval_id, person_id, decision)
      values (1, ${approval.id}, ${by('ben').person}, 'grant')`);
    await execute(
      sql`update run_approval set state = 'granted' where tenant_id = 1 and approval_id = ${approval.id}`,
    );
    await execute(
      sql`update agent_run set state = 'running' where tenant_id = 1 and run_id = ${approval.run}`,
    );
    expect(await rest(approval.run)).toMatchObject({ state: 'awaiting-approval' });
    expect((await asked(approval.run)).id).not.toBe(approval.id);
    expect(count()).toBe(before);
  });

  it('law-3: ends with its run, whoever stops it', async () => {
    const before = count();
    const stopped = await held({ subject: 'Stopped' });
    await company.services.runs.cancel(by('ada'), stopped.run);
    expect(await asked(stopped.run)).toBeUndefined();
    expect(await company.services.approvals.get(by('boss'), stopped.id)).toMatchObject({ state: 'void' });
    await expect(decide(stopped)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('Its run is killed'),
    });
    expect(count()).toBe(before);
    // Stopped while nobody worked on it: the ledger has the head of its journal all the same.
    const last = (await company.services.runs.journal(by('ada'), stopped.run)).at(-1);
    const leaves = await company.services.database.transaction({ role: 'owner', tenant: 1 }, (tx) =>
      tx.many<{ header: string }>(sql`select header from audit_leaf where tenant_id = 1`),
    );
    const ends = leaves.filter(({ header }) => header.includes('run.cancel') && header.includes(stopped.run));
    expect(ends.map(({ header }) => header).join()).toContain(last?.hash);
  });

  it('law-3: is given by nobody while a switch stops its call, which can be denied', async () => {
    const { kills, approvals } = company.services;
    const before = count();
    const [later, never] = [await held({ subject: 'Later' }), await held({ subject: 'Never' })];
    for (const what of [{ scope: 'all' }, { scope: 'contract', target: 'desk.create-ticket' }] as const) {
      const set = await kills.set(by('boss'), { ...what, reason: 'a drill' });
      expect(await asked(later.run)).toMatchObject({ state: 'pending', stopped: 'Stopped: a drill' });
      await expect(decide(later)).rejects.toMatchObject({ code: 'conflict' });
      if (what.scope === 'all') await decide(never, 'deny');
      await kills.lift(by('boss'), set.find(({ liftedAt }) => liftedAt === null)?.id ?? 0);
    }
    expect(await rest(never.run)).toMatchObject({ state: 'denied' });
    expect(await approvals.get(by('boss'), later.id)).toMatchObject({ stopped: null, mayDecide: true });
    await decide(later);
    expect(await rest(later.run)).toMatchObject({ state: 'completed' });
    expect(count()).toBe(before + 1);
  });

  it('law-3: is asked for by one person so often only that the calls of others are seen', async () => {
    const { runs, approvals } = company.services;
    const branches = Array.from({ length: 30 }, (_, at) => [
      { id: `open${at}`, contract: 'desk.create-ticket@^1', arguments: { subject: `Flood ${at}` } },
    ]);
    const together = [0, 8, 16, 24].map((from) => ({ together: branches.slice(from, from + 8) }));
    const steps = [{ together: together.map((one) => [one]) }];
    const { id } = await runs.create(by('ben'), { title: 'Flood', steps });
    const of = async (): Promise<Approval[]> =>
      (await approvals.pending(by('boss'))).approvals.filter(({ run }) => run === id);
    await rest(id, 'ben');
    await runs.start(by('ben'), id);
    expect(await rest(id, 'ben')).toMatchObject({ state: 'awaiting-approval' });
    const first = await of();
    expect(first).toHaveLength(25);
    await decide(first[0] as Approval);
    expect(await rest(id, 'ben')).toMatchObject({ state: 'awaiting-approval' });
    expect((await of()).map((one) => one.id)).not.toContain(first[0]?.id);
    expect(await of()).toHaveLength(25);
    // However many there are and however old.
    await execute(sql`insert into run_step (tenant_id, run_id, step_id, position, title, state)
      select 1, ${id}, 'old' || n, 1000 + n, 'Old', 'awaiting-approval' from generate_series(1, 300) n`);
    await execute(sql`insert into run_approval (tenant_id, approval_id, run_id, step_id, requester_id, text, digest,
        approvers, separation, expires_at, created_at)
      select 1, gen_random_uuid(), ${id}, 'old' || n, ${by('ben').person}, null, '', 1, true, now() + interval '1 hour',
        now() - interval '1 hour' from generate_series(1, 300) n`);
    const other = await held({ subject: 'Of somebody else' });
    expect(other).toMatchObject({ requester: 'ada', state: 'pending' });
    const listed = await approvals.pending(by('boss'));
    expect(listed.approvals).toHaveLength(200);
    expect(listed.notShown).toBeGreaterThan(100);
    await runs.cancel(by('ben'), id);
    expect(await of()).toEqual([]);
  });

  it('tells arguments apart that would be the same text if they were joined', async () => {
    const one = { subject: 'a","body":"b', body: 'c' };
    const other = { subject: 'a', body: 'b","body":"c' };
    const approvals = [await held(one), await held(other)];
    const texts = approvals.map(({ text }) => (JSON.parse(text) as ApprovalText).arguments);
    expect(texts).toEqual([one, other]);
    expect(approvals[0]?.digest).not.toBe(approvals[1]?.digest);
  });
});
