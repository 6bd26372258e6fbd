import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { isOver, type PlanNode, type Run } from '@belay/contracts';
import { sql } from '@belay/database';
import { databasesInTurn } from '@belay/testing/stack';
import { HeldServer } from '@belay/testing/held-server';
import { RunCompany } from '@belay/testing/run-company';
import { READ } from '@belay/testing/tool-company';
import { BlastRepository } from '../blast.repository.js';

// What became of calls that a server did not answer, and may still be at.
jest.setTimeout(120_000);
const blast = { resource: 'held.things', maxItems: 1, perDay: 1000 };
const LIMITS = { rate: { calls: 100, per: 'second' }, burst: 200, concurrency: 20 };
const STILL = 'The server did not answer and may still be at it; it is asked again.';

describe.each(databasesInTurn())('a call that was not answered on %s PostgreSQL', (kind) => {
  let company: RunCompany;
  let server: HeldServer;
  const call = (id: string, contract: string, label: string): PlanNode => ({
    id,
    contract: `held.${contract}@^1`,
    arguments: { label },
  });
  /** Its run is looked at now, and not when it would be. */
  const wake = (run: string): Promise<number> =>
    company.execute(sql`update agent_run set wake_at = now() where tenant_id = 1 and run_id = ${run}`);
  const waits = async (run: Run, reason: string): Promise<void> => {
    const isSo = (now: Run): boolean => now.state === 'waiting' && now.reason === reason;
    // One that is over would be waited for in vain.
    const came = await company.until(run.id, (now) => isSo(now) || isOver(now.state));
    expect(came).toMatchObject({ state: 'waiting', reason });
  };
  const longAgo = (run: string): Promise<number> =>
    company.execute(sql`update run_step set intended_at = now() - interval '1 hour'
      where tenant_id = 1 and run_id = ${run}`);

  beforeAll(async () => {
    [company, server] = await Promise.all([RunCompany.start(kind), HeldServer.start()]);
    company.name(server);
    const peer = server.peer('held');
    const rare = { limits: { ...LIMITS, rate: { calls: 1, per: 'day' }, burst: 1, timeoutMs: 10_000 } };
    const often = { limits: { ...LIMITS, timeoutMs: 20_000 }, budget: { cost: 1, maxPerRun: 20 } };
    await company.tools.approve(peer, 'find', { ...READ, ...often });
    await company.tools.approve(peer, 'find', { ...READ, ...rare, contract: 'held.find-rarely' });
    await company.tools.approve(peer, 'remove', {
      effect: { class: 'irreversible', blast },
      idempotency: { mode: 'natural' },
      approval: { when: 'always', separation: true },
      dryRun: { mode: 'simulate' },
    });
    const make = {
      effect: { class: 'compensable', blast },
      compensation: { contract: 'held.remove@^1', args: { '/id': '$result/id' } },
      limits: { ...LIMITS, timeoutMs: 1000, settleMs: 600_000 },
      approval: { when: 'tainted' },
      dryRun: { mode: 'simulate' },
    };
    const by = (contract: string): object => ({
      probe: { contract, args: { '/label': '$input/label' }, found: '/things' },
    });
    await company.tools.approve(peer, 'make', { ...make, ...by('held.find@^1') });
    const seldom = { ...make, ...by('held.find-rarely@^1'), contract: 'held.make-seldom' };
    await company.tools.approve(peer, 'make', seldom);
  }, 120_000);
  afterAll(async () => {
    await company?.stop();
    await server?.stop();
  }, 60_000);

  it('law-3: did nothing only if nothing is there after its server had time, whoever looks then', async () => {
    server.hold('make', 'late');
    const run = await company.begin([call('make', 'make', 'late')]);
    await waits(run, STILL);
    await company.restart();
    await wake(run.id);
    await waits(run, STILL);
    server.letGo('make', 'late');
    await wake(run.id);
    expect(await company.rest(run.id)).toMatchObject({ state: 'completed', steps: [{ state: 'succeeded' }] });
    expect(server.labelled('late')).toHaveLength(1);
  });

  it('did nothing where nothing is there then, and the run says so', async () => {
    server.hold('make', 'never');
    const run = await company.begin([call('make', 'make', 'never')]);
    await waits(run, STILL);
    await longAgo(run.id);
    await wake(run.id);
    const reason = 'The server did not answer, and a look showed that nothing happened.';
    expect(await company.rest(run.id)).toMatchObject({ state: 'failed', reason });
  });

  it('law-3: is for somebody to look at where what is found was there before, or more than one is', async () => {
    const thing = (id: string, label: string): void =>
      void server.things.push({ id, label, revision: 1, key: undefined });
    thing('of-another', 'known');
    server.hold('make', 'known');
    const known = await company.go([call('make', 'make', 'known')]);
    expect(known).toMatchObject({ state: 'needs-operator', steps: [{ state: 'unknown' }] });
    server.hold('make', 'two');
    const two = await company.begin([call('make', 'make', 'two')]);
    await waits(two, STILL);
    thing('one', 'two');
    thing('other', 'two');
    await wake(two.id);
    expect(await company.rest(two.id)).toMatchObject({ state: 'needs-operator' });
    // Nor is it taken back.
    await company.services.runs.undo(company.by('ada'), known.id);
    expect(await company.rest(known.id)).toMatchObject({ state: 'partially-compensated' });
    expect(server.labelled('known')).toHaveLength(1);
  });

  it('is looked for under the limits of what looks, which taking back has of its own', async () => {
    server.hold('make', 'seldom');
    const run = await company.begin([call('make', 'make-seldom', 'seldom')]);
    await waits(run, STILL);
    await wake(run.id);
    await waits(run, 'The limit of contract:held.find-rarely is reached.');
    const { runs } = company.services;
    await runs.cancel(company.by('ada'), run.id);
    await company.rest(run.id);
    await runs.undo(company.by('ada'), run.id);
    await company.until(run.id, ({ state, reason }) => state === 'compensating' && reason === STILL);
    // What looks before a call is rated, too.
    const next = await company.begin([call('make', 'make-seldom', 'next')]);
    await waits(next, 'The limit of contract:held.find-rarely is reached.');
    expect(server.labelled('next')).toEqual([]);
  });

  it('is settled by a look before its run ends by another branch, and the run ends as that says', async () => {
    server.hold('make', 'beside');
    const noLabel = { label: { $from: 'look', at: '' } };
    const broken: PlanNode = { id: 'broken', contract: 'held.find@^1', arguments: noLabel };
    const other = [call('look', 'find', 'else'), broken];
    const run = await company.begin([{ together: [[call('make', 'make', 'beside')], other] }]);
    await waits(run, STILL);
    server.letGo('make', 'beside');
    await wake(run.id);
    const ended = await company.rest(run.id);
    expect(ended).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/do not fit the contract/),
    });
    expect(ended.steps.find(({ id }) => id === 'make')).toMatchObject({ state: 'succeeded' });
    await company.services.runs.undo(company.by('ada'), run.id);
    expect(await company.rest(run.id)).toMatchObject({ state: 'compensated' });
    expect(server.labelled('beside')).toEqual([]);
  });

  it('says nothing of its server where somebody stopped it', async () => {
    server.hold('find', 'stopped');
    const branches = [1, 2, 3, 4, 5, 6].map((n) => [call(`find-${n}`, 'find', 'stopped')]);
    const before = server.calls.length;
    const run = await company.begin([{ together: branches }]);
    await company.until(run.id, () => server.calls.length >= before + 3);
    await company.services.runs.cancel(company.by('ada'), run.id);
    await company.until(run.id, () => company.services.host.engine.leases.size === 0);
    server.letGo('find', 'stopped');
    const next = await company.begin([call('find', 'find', 'next')]);
    const seen = await company.until(next.id, ({ state }) => state === 'completed' || state === 'waiting');
    expect(seen.state).toBe('completed');
  });

  it('is none of a run whose words cannot be kept: it ends, and says so', async () => {
    const label = { $from: 'slots', at: '/a\0' };
    const run = await company.go([{ id: 'make', contract: 'held.make@^1', arguments: { label } }]);
    expect(run).toMatchObject({ state: 'failed', reason: expect.stringContaining('\ufffd') });
  });

  it('is none of a run that fails here again and again: it is given up', async () => {
    const asked = { title: 'Broken', steps: [call('find', 'find', 'broken')] };
    const { id } = await company.services.runs.create(company.by('ada'), asked);
    await company.rest(id);
    await company.tools.rewrite(id, 'nodes', () => 'no plan');
    await company.services.runs.start(company.by('ada'), id);
    const { engine } = company.services.host;
    const turn = async (): Promise<Run> => {
      await wake(id);
      await engine.advance(1, id).catch(() => undefined);
      return company.services.runs.get(company.by('ada'), id);
    };
    let run = await turn();
    for (let turns = 0; turns < 100 && run.state !== 'failed'; turns += 1) run = await turn();
    expect(run).toMatchObject({
      state: 'failed',
      reason: 'Something failed here again and again. Somebody must look.',
    });
  });

  it('is refused where the arguments of its run come to more than 2 MB', async () => {
    const label = { $from: 'said', at: '' };
    const calls = Array.from({ length: 9 }, (_, at): PlanNode => ({
      id: `find-${at}`,
      contract: 'held.find@^1',
      arguments: { label, key: `k${at}` },
    }));
    const run = await company.go([{ id: 'said', ask: 'Of what?', type: 'text' }, ...calls]);
    const before = server.calls.length;
    await company.services.runs.answer(company.by('ada'), run.id, {
      step: 'said',
      answer: 'x'.repeat(250_000),
    });
    expect(await company.until(run.id, ({ state }) => state === 'failed')).toMatchObject({
      reason: 'The arguments of the calls of a run are larger than 2 MB together.',
    });
    expect(server.calls.length).toBe(before + 8);
  });

  it('law-3: is on the ledger with its whole journal, also where its run was stopped', async () => {
    const { runs, database } = company.services;
    const ada = company.by('ada');
    const asked = { title: 'Never started', steps: [call('find', 'find', 'x')] };
    const ready = await runs.create(ada, asked);
    await company.rest(ready.id);
    await runs.cancel(ada, ready.id);
    server.hold('make', 'cancelled');
    const busy = await company.begin([call('make', 'make', 'cancelled')]);
    await company.until(busy.id, ({ steps }) => steps[0]?.state === 'intended');
    await runs.cancel(ada, busy.id);
    server.letGo('make', 'cancelled');
    await company.until(busy.id, () => company.services.host.engine.leases.size === 0);
    for (const { id } of [ready, busy]) {
      const head = (await runs.journal(ada, id)).at(-1)?.hash ?? 'none';
      const leaves = await database.transaction({ role: 'owner', tenant: 1 }, (tx) =>
        tx.many<{ header: string }>(sql`select header from audit_leaf where tenant_id = 1`),
      );
      expect(leaves.filter(({ header }) => header.includes(head))).not.toEqual([]);
    }
  });

  it('is given back to the day on which it was counted', async () => {
    const { database } = company.services;
    const run = await company.go([call('make', 'make', 'yesterday')]);
    await company.execute(sql`update run_step set intended_at = now() - interval '1 day'
      where tenant_id = 1 and run_id = ${run.id}`);
    await company.execute(sql`insert into blast_use (tenant_id, resource, day, used)
      select 1, 'held.days', (intended_at at time zone 'utc')::date + later, 5
      from run_step, generate_series(0, 1) later where tenant_id = 1 and run_id = ${run.id}`);
    const used = (): Promise<{ used: number }[]> =>
      database.transaction({ role: 'owner', tenant: 1 }, (tx) =>
        tx.many(sql`select used from blast_use where tenant_id = 1 and resource = 'held.days' order by day`),
      );
    const of = { resource: 'held.days', items: 1 };
    await database.transaction({ role: 'agent', tenant: 1 }, (tx) =>
      new BlastRepository().uncount(tx, { run: run.id, step: 'make' }, of),
    );
    expect(await used()).toEqual([{ used: 4 }, { used: 5 }]);
  });
});
