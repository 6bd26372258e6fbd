import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  type Approval,
  type ApprovalText,
  type NewRun,
  type Run,
  type RunPage,
  RunsQuery,
} from '@belay/contracts';
import { databasesInTurn } from '@belay/testing/stack';
import { READ, ToolCompany } from '@belay/testing/tool-company';
import { createServices, type Services } from '../services.js';

jest.setTimeout(120_000);
const RESTING: readonly Run['state'][] = ['planned', 'running', 'waiting', 'compensating'];

/** Decisions about what makes a ticket: it can be closed again while nobody else touched it. */
const CREATE = {
  effect: {
    class: 'compensable',
    reversibleForHours: 24,
    blast: { resource: 'tickets', maxItems: 1, perDay: 1000 },
  },
  idempotency: { mode: 'key', argument: '/key' },
  probe: { contract: 'desk.find-tickets@^1', args: { '/text': '$input/subject' }, found: '/tickets' },
  compensation: {
    contract: 'desk.close-ticket@^1',
    args: { '/id': '$result/id', '/revision': '$result/revision', '/why': 'taken back' },
    unchanged: ['/revision'],
  },
  approval: { when: 'tainted' },
  dryRun: { mode: 'simulate' },
};
const CLOSE = {
  effect: { class: 'irreversible', blast: { resource: 'tickets', maxItems: 1, perDay: 1000 } },
  idempotency: { mode: 'key', argument: '/key' },
  approval: { when: 'always', separation: true },
  dryRun: { mode: 'simulate' },
};

describe.each(databasesInTurn())('runs on %s PostgreSQL', (kind) => {
  let company: ToolCompany<Services>;
  const by = (name: string): ReturnType<typeof company.by> => company.by(name);
  const tickets = (): ReturnType<typeof company.tickets> => company.tickets('desk');

  /** The run once it came to rest. */
  async function rest(id: string, as = 'ada'): Promise<Run> {
    for (let turn = 0; turn < 300; turn += 1) {
      const run = await company.services.runs.get(by(as), id);
      if (!RESTING.includes(run.state)) return run;
      await sleep(50);
    }
    throw new Error(`the run does not rest: ${JSON.stringify(await company.services.runs.get(by(as), id))}`);
  }
  async function started(run: NewRun, as = 'ada'): Promise<Run> {
    const { id } = await company.services.runs.create(by(as), run);
    const planned = await rest(id, as);
    if (planned.state !== 'ready') return planned;
    await company.services.runs.start(by(as), id);
    return rest(id, as);
  }
  const create = (id: string, subject: unknown): Extract<NewRun, { steps: unknown }>['steps'][number] => ({
    id,
    contract: 'desk.create-ticket@^1',
    arguments: { subject },
  });
  async function pending(of: Run, as: string): Promise<Approval> {
    const { approvals: all } = await company.services.approvals.pending(by(as));
    return all.find(({ run }) => run === of.id) as Approval;
  }

  beforeAll(async () => {
    company = await ToolCompany.start(kind, createServices);
    const peer = company.peer('desk');
    await company.approve(peer, 'find_tickets', READ);
    await company.approve(peer, 'close_ticket', CLOSE);
    await company.approve(peer, 'create_ticket', CREATE);
  }, 120_000);
  afterAll(() => company?.stop(), 60_000);

  it('shows what would happen, does it once it is started, and takes it back', async () => {
    const { id } = await company.services.runs.create(by('ada'), {
      title: 'A ticket',
      steps: [create('open', 'Printer on fire')],
    });
    const ready = await rest(id);
    expect(ready).toMatchObject({
      state: 'ready',
      mayStart: true,
      preview: [{ id: 'open', wayBack: 'close_ticket, within 24 hours', problem: null }],
    });
    expect(tickets()).toEqual([]);
    await company.services.runs.start(by('ada'), id);
    const done = await rest(id);
    expect(done).toMatchObject({ state: 'completed', mayUndo: true, steps: [{ state: 'succeeded' }] });
    expect(tickets()).toMatchObject([{ subject: 'Printer on fire', state: 'open' }]);
    // The day that its contract gives.
    const backUntil = Date.parse(done.steps[0]?.backUntil ?? '');
    expect(backUntil - Date.parse(done.changedAt)).toBeLessThanOrEqual(24 * 3_600_000);
    expect(backUntil).toBeGreaterThan(Date.parse(done.createdAt) + 24 * 3_600_000);

    await company.services.runs.undo(by('ada'), id);
    expect(await rest(id)).toMatchObject({
      state: 'compensated',
      steps: [{ state: 'compensated', verified: true }],
    });
    expect(tickets()).toMatchObject([{ state: 'closed' }]);
    const kinds = (await company.services.runs.journal(by('ada'), id)).map((entry) => entry.kind);
    expect(kinds).toEqual([
      'preview',
      'intent',
      'succeeded',
      'end',
      'compensation-intent',
      'compensated',
      'end',
    ]);
  });

  it('holds what an untrusted value decides, and lets somebody else allow exactly these bytes, once', async () => {
    const before = tickets().length;
    const held = await started({
      title: 'Close what is found',
      steps: [
        create('open', 'Close me'),
        { id: 'find', contract: 'desk.find-tickets@^1', arguments: { text: 'Close me' } },
        {
          id: 'close',
          contract: 'desk.close-ticket@^1',
          arguments: { id: { $from: 'find', at: '/tickets/0/id' }, why: 'done' },
        },
      ],
    });
    expect(held.state).toBe('awaiting-approval');
    const approval = await pending(held, 'boss');
    const text = JSON.parse(approval.text) as ApprovalText;
    expect(text.reasons).toEqual(expect.arrayContaining(['contract', 'tainted-argument']));
    expect(text.sinks).toContainEqual({ at: '/id', sink: 'identifier', integrity: 'untrusted' });

    const decide = (as: string, digest: string): Promise<Approval> =>
      company.services.approvals.decide(by(as), approval.id, { digest, decision: 'grant' });
    await expect(decide('ada', approval.digest)).rejects.toMatchObject({ code: 'auth.forbidden' });
    await expect(decide('boss', `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'conflict' });
    await expect(decide('ben', approval.digest)).rejects.toMatchObject({ code: 'not-found' });
    await decide('boss', approval.digest);
    await expect(decide('boss', approval.digest)).rejects.toMatchObject({ code: 'conflict' });
    expect(await rest(held.id)).toMatchObject({ state: 'completed' });
    expect(tickets()).toHaveLength(before + 1);
    expect(tickets().at(-1)).toMatchObject({ subject: 'Close me', state: 'closed' });
  });

  it('law-3: stops and takes back runs of others for an administrator, and not with a key for acting', async () => {
    const { runs } = company.services;
    const done = await started({ title: 'A ticket', steps: [create('open', 'Of ada')] });
    const key = { ...by('boss'), actions: ['read', 'act'] };
    expect(await runs.get(key, done.id)).toMatchObject({ mayUndo: false });
    await expect(runs.undo(key, done.id)).rejects.toMatchObject({ code: 'auth.forbidden' });
    await expect(runs.cancel(key, done.id)).rejects.toMatchObject({ code: 'auth.forbidden' });
    await runs.undo({ ...by('boss'), actions: ['act', 'administer'] }, done.id);
    expect(await rest(done.id)).toMatchObject({ state: 'compensated' });
  });

  it('law-3: offers nothing to a key that is made for reading', async () => {
    const { runs } = company.services;
    const { id } = await runs.create(by('ada'), { title: 'A ticket', steps: [create('open', 'By a key')] });
    expect((await rest(id)).state).toBe('ready');
    const offered = async (actions: string[] | null): Promise<boolean[]> => {
      const { mayStart, mayCancel, mayUndo } = await runs.get({ ...by('ada'), actions }, id);
      return [mayStart, mayCancel, mayUndo];
    };
    expect(await offered(['read'])).toEqual([false, false, false]);
    for (const actions of [null, ['read', 'act']])
      expect(await offered(actions)).toEqual([true, true, false]);
    await runs.start(by('ada'), id);
    expect((await rest(id)).state).toBe('completed');
    expect(await offered(['read'])).toEqual([false, false, false]);
    for (const actions of [null, ['read', 'act']])
      expect(await offered(actions)).toEqual([false, false, true]);
  });

  it('does nothing of what was refused', async () => {
    const held = await started({
      title: 'Close',
      steps: [{ id: 'close', contract: 'desk.close-ticket@^1', arguments: { id: 'T-1', why: 'no' } }],
    });
    const { id, digest } = await pending(held, 'boss');
    await company.services.approvals.decide(by('boss'), id, { digest, decision: 'deny' });
    const reason = 'was not allowed by boss.';
    expect(await rest(held.id)).toMatchObject({
      state: 'denied',
      reason: `A step ${reason}`,
      steps: [{ state: 'failed', reason: `It ${reason}` }],
    });
  });

  it('tells who asked why it was refused, and nobody who may not see the run', async () => {
    const { approvals, runs } = company.services;
    const held = await started({
      title: 'Close',
      steps: [{ id: 'close', contract: 'desk.close-ticket@^1', arguments: { id: 'T-1', why: 'no' } }],
    });
    const { id, digest } = await pending(held, 'boss');
    expect(await approvals.get(by('ada'), id)).toMatchObject({ denied: null });
    await approvals.decide(by('boss'), id, { digest, decision: 'deny', reason: 'Not <b>needed</b>' });
    expect(await rest(held.id)).toMatchObject({
      state: 'denied',
      reason: 'A step was not allowed by boss.',
      steps: [{ state: 'failed', reason: 'It was not allowed by boss.', denial: 'Not <b>needed</b>' }],
    });
    const denied = { by: 'boss', reason: 'Not <b>needed</b>' };
    expect(await approvals.get(by('ada'), id)).toMatchObject({ state: 'denied', denied });
    await expect(approvals.get(by('ben'), id)).rejects.toMatchObject({ code: 'not-found' });
    await expect(runs.get(by('ben'), held.id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each(['awaiting-approval', 'needs-input'])(
    'leaves no step waiting where it is stopped: %s',
    async (state) => {
      const { runs } = company.services;
      const close = { id: 'close', contract: 'desk.close-ticket@^1', arguments: { id: 'T-1', why: 'no' } };
      const ask = { id: 'ask', ask: 'Which?', type: 'text' as const };
      const first = create('open', 'Before it is stopped');
      const held = await started({ title: 'Stop', steps: [first, state === 'needs-input' ? ask : close] });
      expect(held.state).toBe(state);
      expect(await runs.cancel(by('ada'), held.id)).toMatchObject({
        state: 'killed',
        steps: [{ state: 'succeeded' }, { state: 'skipped' }],
      });
      await runs.undo(by('ada'), held.id);
      expect(await rest(held.id)).toMatchObject({
        state: 'compensated',
        steps: [{ state: 'compensated' }, { state: 'skipped' }],
      });
    },
  );

  it('leaves alone what somebody else changed since', async () => {
    const done = await started({ title: 'A ticket', steps: [create('open', 'Changed later')] });
    const other = await started({
      title: 'Close',
      steps: [
        {
          id: 'close',
          contract: 'desk.close-ticket@^1',
          arguments: { id: tickets().at(-1)?.id, why: 'by hand' },
        },
      ],
    });
    const { id, digest } = await pending(other, 'boss');
    await company.services.approvals.decide(by('boss'), id, { digest, decision: 'grant' });
    await rest(other.id);
    await company.services.runs.undo(by('ada'), done.id);
    expect(await rest(done.id)).toMatchObject({
      state: 'partially-compensated',
      steps: [{ state: 'compensation-failed', reason: 'Somebody changed it since, and that is left alone.' }],
    });
  });

  it('stops everything by one row, and says so on the ledger', async () => {
    const before = tickets().length;
    const { id } = await company.services.runs.create(by('ada'), {
      title: 'A ticket',
      steps: [create('open', 'Never')],
    });
    await rest(id);
    const [kill] = await company.services.kills.set(by('boss'), { scope: 'all', reason: 'a drill' });
    await company.services.runs.start(by('ada'), id);
    expect(await rest(id)).toMatchObject({ state: 'killed', reason: 'Stopped: a drill' });
    expect(tickets()).toHaveLength(before);
    await company.services.kills.lift(by('boss'), kill?.id ?? 0);
    const [person] = await company.services.kills.set(by('boss'), {
      scope: 'person',
      target: 'ben',
      reason: 'for nobody else to read',
    });
    const seenBy = async (name: string): Promise<string> =>
      JSON.stringify(await company.services.kills.list(by(name)));
    expect(await seenBy('ada')).not.toContain('nobody else');
    expect(await seenBy('ben')).toContain('nobody else');
    await company.services.kills.lift(by('boss'), person?.id ?? 0);
    const after = await started({ title: 'A ticket', steps: [create('open', 'Again')] });
    expect(after.state).toBe('completed');
  });

  it('says what a contract was used for, as far as whoever asks may see the runs', async () => {
    await started({ title: 'A counted ticket', steps: [create('open', 'Counted in silence')] });
    const usage = await company.services.registry.usage(by('dev'));
    const used = usage.find(({ contract }) => contract === 'desk.create-ticket');
    expect(used).toMatchObject({ blast: { resource: 'tickets', maxItems: 1, perDay: 1000 } });
    expect(used?.touchedToday).toBeGreaterThan(0);
    expect(used?.callsToday).toBeGreaterThan(0);
    expect(used?.calls['succeeded']).toBeGreaterThan(0);
    const place = { contract: 'desk.create-ticket', version: '1.0.0' };
    const calls = await company.services.registry.calls(by('dev'), place);
    expect(calls[0]).toMatchObject({ runTitle: 'A counted ticket', requester: 'ada', state: 'succeeded' });
    expect(JSON.stringify(calls)).not.toContain('in silence');
    expect(await company.services.registry.calls(by('ben'), place)).toEqual([]);
  });

  it('shows nobody else arguments and results, and strangers nothing', async () => {
    const done = await started({ title: 'A ticket', steps: [create('open', 'For my eyes')] });
    await expect(company.services.runs.get(by('ben'), done.id)).rejects.toMatchObject({ code: 'not-found' });
    const outline = await company.services.runs.get(by('boss'), done.id);
    expect(outline).toMatchObject({ preview: null, steps: [{ arguments: null, result: null }] });
    expect(JSON.stringify(await company.services.runs.journal(by('boss'), done.id))).not.toContain('my eyes');
    await expect(company.services.runs.start(by('boss'), done.id)).rejects.toMatchObject({
      code: 'auth.forbidden',
    });
  });

  it('law-1: keeps names of arguments from whoever sees the outline alone', async () => {
    const { runs } = company.services;
    const name = 'my salary is 912000';
    const ask = { id: 'what', ask: 'What is broken?', type: 'text' as const };
    const named = (subject: unknown): object => ({
      ...create('open', subject),
      arguments: { subject, [name]: 1 },
    });
    // The one is refused when it is planned, the other once its step is due.
    const atOnce = await started({ title: 'Named', steps: [named('s')] } as NewRun);
    const steps = [ask, named({ $from: 'what', at: '' })];
    const later = await started({ title: 'Named later', steps } as NewRun);
    await runs.answer(by('ada'), later.id, { step: 'what', answer: 'The lift' });
    for (const { id } of [atOnce, await rest(later.id)]) {
      const outline = await runs.get(by('boss'), id);
      expect(outline.reason).toMatch(/must NOT have additional properties \(#\/additionalProperties\)/);
      const seen = [
        outline,
        await runs.list(by('boss'), RunsQuery.parse({})),
        await runs.journal(by('boss'), id),
      ];
      expect(JSON.stringify(seen)).not.toContain('912000');
    }
  });

  it('law-1: lists to each person what they may see, by page and filter, without a word of what was said', async () => {
    const list = (as: string, query: object = {}): Promise<RunPage> =>
      company.services.runs.list(by(as), RunsQuery.parse(query));
    const asked = { title: 'Of ben', steps: [create('open', 'Said by ben alone')] };
    const done = await started(asked, 'ben');
    expect((await list('ben')).runs.map(({ id }) => id)).toEqual([done.id]);
    expect((await list('ada')).runs.map(({ requester }) => requester)).not.toContain('ben');
    for (const query of [{ person: 'ben' }, { contract: 'desk.create-ticket', person: 'ben' }])
      expect(await list('ada', query)).toEqual({ runs: [], next: null });
    const all = await list('boss', { limit: 200 });
    expect(all.runs[0]).toMatchObject({ id: done.id, title: 'Of ben', requester: 'ben', state: 'completed' });
    expect(JSON.stringify(all)).not.toContain('Said by');
    const paged = [];
    for (let after: string | null = ''; after !== null;) {
      const page: RunPage = await list('boss', { limit: 3, after });
      expect(page.runs.length).toBeLessThanOrEqual(3);
      paged.push(...page.runs);
      after = page.next;
    }
    expect(paged).toEqual(all.runs);
    const ids = async (query: object): Promise<string[]> =>
      (await list('boss', query)).runs.map(({ id }) => id);
    const fitting = (isSo: (row: RunPage['runs'][number]) => boolean): string[] =>
      all.runs.filter(isSo).map(({ id }) => id);
    expect(await ids({ state: 'denied' })).toEqual(fitting(({ state }) => state === 'denied'));
    expect(await ids({ person: 'ada' })).toEqual(fitting(({ requester }) => requester === 'ada'));
    expect(await ids({ contract: 'desk.create-ticket@1.0.0', person: 'ben' })).toEqual([done.id]);
    expect(await ids({ contract: 'desk.create-ticket@2.0.0' })).toEqual([]);
    expect(await ids({ contract: 'desk.close-ticket', person: 'ben' })).toEqual([]);
    expect(await ids({ peer: 'desk', person: 'ben' })).toEqual([done.id]);
    expect(await ids({ peer: 'nowhere' })).toEqual([]);
    expect(await ids({ person: 'nobody' })).toEqual([]);
    expect(RunsQuery.safeParse({ after: 'nonsense' }).success).toBe(false);
  });

  it.each([
    ['an unknown contract', { id: 'a', contract: 'no.such@^1', arguments: {} }, /no approved contract/],
    [
      'wrong arguments',
      { id: 'a', contract: 'desk.create-ticket@^1', arguments: { subject: 7 } },
      /do not fit/,
    ],
  ])('plans nothing with %s', async (_, step, reason) => {
    const run = await started({ title: 'Wrong', steps: [step] });
    expect(run.state).toBe('failed');
    expect(run.reason).toMatch(reason);
  });

  it('asks its person, and goes on with the answer', async () => {
    const asking = await started({
      title: 'Ask',
      steps: [
        { id: 'what', ask: 'What is broken?', type: 'text' },
        create('open', { $from: 'what', at: '' }),
      ],
    });
    expect(asking).toMatchObject({ state: 'needs-input', steps: [{ id: 'what', state: 'asking' }] });
    const answer = (given: string | number): Promise<Run> =>
      company.services.runs.answer(by('ada'), asking.id, { step: 'what', answer: given });
    await expect(answer(7)).rejects.toMatchObject({ code: 'request.invalid' });
    await answer('The lift');
    expect(await rest(asking.id)).toMatchObject({ state: 'completed' });
    expect(tickets().at(-1)).toMatchObject({ subject: 'The lift' });
  });
});
