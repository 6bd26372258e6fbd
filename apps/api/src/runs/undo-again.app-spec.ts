import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { PlanNode, Run } from '@belay/contracts';
import { sql } from '@belay/database';
import { databasesInTurn } from '@belay/testing/stack';
import { READ, ToolCompany } from '@belay/testing/tool-company';
import { createServices, type Services } from '../services.js';

// What is taken back though nobody knows whether it happened, or whether it was taken back before.
jest.setTimeout(60_000);
type Change = ReturnType<typeof sql> | (() => Promise<void>);
const blast = { resource: 'tickets', maxItems: 1, perDay: 1000 };
const NOT_KNOWN = { state: 'compensation-failed', verified: null };

describe.each(databasesInTurn())('taking back what is not known on %s PostgreSQL', (kind) => {
  let company: ToolCompany<Services>;
  const by = (name: string): ReturnType<typeof company.by> => company.by(name);
  const ticket = (subject: string): ReturnType<typeof company.tickets>[number] | undefined =>
    company.tickets('desk').find((one) => one.subject === subject);
  const execute = (statement: ReturnType<typeof sql>): Promise<number> =>
    company.services.database.transaction({ role: 'owner', tenant: 1 }, (tx) => tx.run(statement));

  const rest = (id: string): Promise<Run> => restFor(id, 'ada');
  async function restFor(id: string, as: string): Promise<Run> {
    for (let turn = 0; turn < 400; turn += 1) {
      const run = await company.services.runs.get(by(as), id);
      if (run.state === 'ready') await company.services.runs.start(by('ada'), id);
      else if (!['planned', 'running', 'waiting', 'compensating'].includes(run.state)) return run;
      await sleep(25);
    }
    throw new Error('the run does not rest');
  }
  /** A ticket is made; then its step is as `changed` leaves it, and the run is taken back. */
  async function undoAfter(
    subject: string,
    changed: (run: string) => Change[],
    contract = 'desk.create-ticket@^1',
  ): Promise<Run> {
    const steps = [{ id: 'open', contract, arguments: { subject } }];
    const { id } = await company.services.runs.create(by('ada'), { title: 'A ticket', steps });
    expect(await rest(id)).toMatchObject({ state: 'completed' });
    for (const change of changed(id)) await (typeof change === 'function' ? change() : execute(change));
    await company.services.runs.undo(by('ada'), id);
    return rest(id);
  }
  const state = (run: string, to: string): ReturnType<typeof sql> =>
    sql`update run_step set state = ${to}, settled_at = case when ${to} = 'unknown' then null else settled_at end
      where tenant_id = 1 and run_id = ${run}`;
  const forgetResult = (run: string): ReturnType<typeof sql> =>
    sql`update run_value set result = null where tenant_id = 1 and run_id = ${run}`;
  const values = (run: string, change: object) => (): Promise<void> =>
    company.rewrite(
      run,
      'result',
      (text) => JSON.stringify({ ...(JSON.parse(text) as object), ...change }),
      'open',
    );
  // Of this key there is nothing, and its server had time enough.
  const neverMade = (run: string): ReturnType<typeof sql> =>
    sql`update run_step set key = 'never', intended_at = now() - interval '1 hour'
      where tenant_id = 1 and run_id = ${run}`;

  beforeAll(async () => {
    company = await ToolCompany.start(kind, createServices);
    const peer = company.peer('desk');
    await company.approve(peer, 'find_tickets', READ);
    const close = {
      effect: { class: 'irreversible', blast },
      probe: { contract: 'desk.find-tickets@^1', args: { '/text': '$input/why' }, found: '/tickets' },
      approval: { when: 'always', separation: true },
      dryRun: { mode: 'simulate' },
    };
    await company.approve(peer, 'close_ticket', { ...close, idempotency: { mode: 'key', argument: '/key' } });
    await company.approve(peer, 'close_ticket', { ...close, contract: 'desk.close-once' });
    const create = {
      effect: { class: 'compensable', reversibleForHours: 24, blast },
      idempotency: { mode: 'key', argument: '/key' },
      probe: { contract: 'desk.find-tickets@^1', args: { '/key': '$key' }, found: '/tickets' },
      approval: { when: 'tainted' },
      dryRun: { mode: 'simulate' },
    };
    await company.approve(peer, 'create_ticket', {
      ...create,
      contract: 'desk.create-blind',
      probe: undefined,
      compensation: {
        contract: 'desk.close-ticket@^1',
        args: { '/id': 'T-1', '/why': 'taken back' },
      },
    });
    const compensation = { args: { '/id': '$result/id', '/why': 'taken back' }, unchanged: ['/revision'] };
    await company.approve(peer, 'create_ticket', {
      ...create,
      compensation: { ...compensation, contract: 'desk.close-ticket@^1' },
    });
    await company.approve(peer, 'create_ticket', {
      ...create,
      contract: 'desk.create-once',
      compensation: { ...compensation, contract: 'desk.close-once@^1' },
    });
  }, 120_000);
  afterAll(() => company?.stop(), 60_000);

  it('is sent again where that does no harm and nothing was changed', async () => {
    const run = await undoAfter('Begun', (id) => [state(id, 'compensation-intended')]);
    expect(run).toMatchObject({ state: 'compensated', steps: [{ verified: true }] });
    expect(ticket('Begun')).toMatchObject({ state: 'closed' });
  });

  it.each([
    ['does harm', 'Once', (id: string) => [state(id, 'compensation-intended')], 'desk.create-once@^1'],
    [
      'would overwrite what was changed since',
      'Changed',
      (id: string) => [state(id, 'compensation-intended'), values(id, { revision: 7 })],
      'desk.create-ticket@^1',
    ],
  ])('is not sent again where that %s', async (_, subject, changed, contract) => {
    const reason = 'Whether it was taken back is not known. Somebody must look.';
    expect(await undoAfter(subject, changed, contract)).toMatchObject({
      state: 'partially-compensated',
      steps: [{ ...NOT_KNOWN, reason }],
    });
    expect(ticket(subject)).toMatchObject({ state: 'open', revision: 1 });
  });

  it.each(['unknown', 'compensation-intended'])(
    'is over where a look shows that it is not there: %s',
    async (to) => {
      const run = await undoAfter(`Never ${to}`, (id) => [state(id, to), forgetResult(id), neverMade(id)]);
      expect(run).toMatchObject({ state: 'compensated', steps: [{ state: 'compensated', verified: true }] });
      expect(ticket(`Never ${to}`)).toMatchObject({ state: 'open' });
    },
  );

  it('is what a look finds, where the outcome of the call is not known', async () => {
    const run = await undoAfter('Perhaps', (id) => [state(id, 'unknown'), forgetResult(id)]);
    expect(run).toMatchObject({ state: 'compensated', steps: [{ verified: true }] });
    expect(ticket('Perhaps')).toMatchObject({ state: 'closed' });
  });

  it('is left alone where nothing says whether the call happened', async () => {
    const left = (id: string): Change[] => [state(id, 'unknown'), forgetResult(id)];
    const before = company.tickets('desk');
    const run = await undoAfter('Blind', left, 'desk.create-blind@^1');
    const reason = 'Whether it took effect is not known. Somebody must look.';
    expect(run).toMatchObject({ steps: [{ ...NOT_KNOWN, reason }] });
    expect(company.tickets('desk').slice(0, -1)).toEqual(before);
  });

  it('is left alone where the call was sent too long ago, whatever became of it', async () => {
    const run = await undoAfter('Late', (id) => [
      state(id, 'unknown'),
      sql`update run_step set intended_at = now() - interval '25 hours' where tenant_id = 1 and run_id = ${id}`,
    ]);
    expect(run).toMatchObject({ steps: [{ state: 'not-compensable' }] });
    expect(ticket('Late')).toMatchObject({ state: 'open' });
  });

  it('law-3: is only put off by a switch or by a contract that is out of use', async () => {
    const { kills, registry, runs } = company.services;
    const place = { contract: 'desk.find-tickets', version: '1.0.0' };
    let kill = 0;
    const stop = async (): Promise<void> => {
      const set = await kills.set(by('boss'), { scope: 'peer', target: 'desk', reason: 'a drill' });
      kill = set.find(({ liftedAt }) => liftedAt === null)?.id ?? 0;
    };
    const stopped = await undoAfter('Put off', () => [stop]);
    const left = { state: 'not-compensated', steps: [{ state: 'succeeded' }], mayUndo: true };
    const none = 'Nothing of it was taken back yet.';
    expect(stopped).toMatchObject({ ...left, reason: `${none} Stopped: a drill` });
    await kills.lift(by('boss'), kill);
    const { digest } = await registry.setAside(by('dev'), place, 'quarantined', 'a look');
    await runs.undo(by('ada'), stopped.id);
    const isOut = 'desk.find-tickets@^1 is not in use.';
    expect(await rest(stopped.id)).toMatchObject({ ...left, reason: `${none} ${isOut}` });
    expect(ticket('Put off')).toMatchObject({ state: 'open' });
    await registry.approve(by('second'), place, digest);
    await runs.undo(by('ada'), stopped.id);
    expect(await rest(stopped.id)).toMatchObject({ state: 'compensated', steps: [{ verified: true }] });
    expect(ticket('Put off')).toMatchObject({ state: 'closed' });
  });

  it('is not said to be whole nor nothing where a switch stops a part of it', async () => {
    const { kills, runs } = company.services;
    const open = (id: string, contract: string): PlanNode => ({
      id,
      contract: `desk.${contract}@^1`,
      arguments: { subject: `Part ${id}` },
    });
    const steps = [open('once', 'create-once'), open('often', 'create-ticket')];
    const { id } = await runs.create(by('ada'), { title: 'Two tickets', steps });
    expect(await rest(id)).toMatchObject({ state: 'completed' });
    const stop = { scope: 'contract' as const, target: 'desk.close-once', reason: 'a part' };
    const [kill] = await kills.set(by('boss'), stop);
    await runs.undo(by('ada'), id);
    expect(await rest(id)).toMatchObject({
      state: 'partially-compensated',
      reason: 'Not all of it was taken back yet. Stopped: a part',
      steps: [{ state: 'succeeded' }, { state: 'compensated' }],
      mayUndo: true,
    });
    await kills.lift(by('boss'), kill?.id ?? 0);
    await runs.undo(by('ada'), id);
    expect(await rest(id)).toMatchObject({ state: 'compensated', reason: null });
    expect([ticket('Part once'), ticket('Part often')]).toMatchObject([
      { state: 'closed' },
      { state: 'closed' },
    ]);
  });

  it('is tried again where it failed, and for somebody who is not here any more', async () => {
    const gone = (is: boolean) => (): Promise<void> =>
      execute(sql`update principal set active = ${is} where tenant_id = 1 and name = 'ada'`).then(
        () => undefined,
      );
    const failed = await undoAfter('Failed', (id) => [values(id, { revision: 7 })]);
    expect(failed).toMatchObject({ steps: [{ state: 'compensation-failed' }], mayUndo: true });
    await values(failed.id, { revision: 1 })();
    await gone(false)();
    await company.services.runs.undo(by('boss'), failed.id);
    const seen = await restFor(failed.id, 'boss');
    await gone(true)();
    expect(seen).toMatchObject({ state: 'compensated', steps: [{ verified: true }] });
    expect(ticket('Failed')).toMatchObject({ state: 'closed' });
  });
});
