import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Approval, ApprovalText, PlanNode, Run } from '@belay/contracts';
import { sql } from '@belay/database';
import { databasesInTurn } from '@belay/testing/stack';
import { RunCompany } from '@belay/testing/run-company';
import type { Planner } from '../plans/planner.js';

// Who said what a run does, who may ask for how many, and what is shown before it is started.
jest.setTimeout(120_000);
const blast = { resource: 'desk.tickets', maxItems: 1, perDay: 1000 };
const CREATE = {
  effect: { class: 'compensable', blast },
  compensation: { contract: 'desk.close-ticket@^1', args: { '/id': '$result/id', '/why': 'undone' } },
  idempotency: { mode: 'key', argument: '/key' },
  approval: { when: 'tainted' },
  dryRun: { mode: 'simulate' },
};
type Actor = ReturnType<RunCompany['by']>;

describe.each(databasesInTurn())('the words of a run on %s PostgreSQL', (kind) => {
  let company: RunCompany;
  let proposals: PlanNode[][] = [];
  const planner: Planner = { next: () => Promise.resolve(proposals.shift() ?? []) };
  const open = (assignee: unknown): PlanNode => ({
    id: 'open',
    contract: 'desk.create-ticket@^1',
    arguments: { subject: 'Words', assignee },
  });
  const ask = (more: object): PlanNode => ({ id: 'who', ask: 'Who takes it?', ...more }) as PlanNode;
  const answered = { $from: 'who', at: '' };
  /** As the person, or as a program with a key of theirs. */
  const by = (isKey: boolean): Actor => ({ ...company.by('ada'), actions: isKey ? ['act'] : null });
  // One value in as many calls as a plan may have.
  const often = Array.from({ length: 600 }, (_, at) => ({
    ...open('ben'),
    id: `open-${at}`,
    arguments: { subject: 'Often', body: { $from: 'slots', at: '/body' } },
  }));
  const assignee = { $from: 'slots', at: '/assignee' };
  const each = [
    { id: 'find', contract: 'desk.find-tickets@^1', arguments: { text: 'Words' } },
    {
      each: { id: 'ticket', over: { $from: 'find', at: '/tickets' }, most: 3 },
      do: [{ ...open(assignee), arguments: { subject: { $from: 'round', at: '/subject' }, assignee } }],
    },
  ];
  const tasks = { $from: 'slots', at: '/tasks' };
  const fixed = [
    {
      each: { id: 'task', over: tasks, most: 9 },
      do: [{ ...open(assignee), arguments: { subject: { $from: 'round' }, assignee } }],
    },
  ];
  const foundByName = [{ ...each[0], arguments: { text: 'Element' } }, each[1]];
  const PLANS: Readonly<Record<string, unknown>> = {
    'desk.often': often,
    'desk.each': each,
    'desk.fixed': fixed,
    'desk.found': foundByName,
  };
  // What a playbook writes for good.
  const TASKS = ['Laptop', 'Badge', 'Desk', 'Key', 'Phone', 'Lunch'];
  const started = async (id: string): Promise<Run> => {
    await company.rest(id);
    await company.services.runs.start(by(false), id);
    return company.rest(id);
  };
  async function afterAnswer(run: Run, answer: string, isKey = false): Promise<string> {
    expect(run.state).toBe('needs-input');
    await company.services.runs.answer(by(isKey), run.id, { step: 'who', answer });
    return (await company.rest(run.id)).state;
  }

  beforeAll(async () => {
    const planners = new Map([['proposing', planner]]);
    company = await RunCompany.start(kind, { planners }, (_, { playbook, slots }) =>
      Promise.resolve({
        name: 'desk.open@1.0.0',
        title: 'Open',
        nodes: JSON.stringify(PLANS[playbook] ?? [open(assignee)]),
        slots: JSON.stringify({ tasks: TASKS, assignee: 'ben', ...slots }),
        task: '',
        budget: 100,
      }),
    );
    const peer = await company.desk();
    await company.tools.approve(peer, 'create_ticket', CREATE);
  }, 120_000);
  afterAll(() => company?.stop(), 60_000);

  it.each([
    ['what a person wrote', 'completed', false, { title: 'Plan', steps: [open('ben')] }],
    ['law-3: what a program wrote', 'awaiting-approval', true, { title: 'Plan', steps: [open('ben')] }],
    [
      'what a person put into a slot',
      'completed',
      false,
      { playbook: 'desk.open', slots: { assignee: 'ben' } },
    ],
    [
      'law-3: what a program put into a slot',
      'awaiting-approval',
      true,
      { playbook: 'desk.open', slots: { assignee: 'ben' } },
    ],
    [
      'what a playbook says where a program fills nothing',
      'completed',
      true,
      { playbook: 'desk.open', slots: {} },
    ],
  ])('%s: %s', async (_, state, isKey, asked) => {
    const { id } = await company.services.runs.create(by(isKey), asked);
    expect(await started(id)).toMatchObject({ state });
  });

  it.each([
    ['an answer said before', 'completed', 'ben'],
    ['law-3: an answer chosen among what a planner wrote', 'awaiting-approval', 'mallory'],
  ])('%s: %s', async (_, state, answer) => {
    proposals = [[ask({ type: 'choice', choices: ['ben', 'mallory'] }), open(answered)]];
    const task = 'Open a ticket for ben';
    const { id } = await company.services.runs.openFor(by(false), { task, planner: 'proposing' });
    expect(await afterAnswer(await started(id), answer)).toBe(state);
  });

  it.each([
    ['an answer of a person', 'completed', false],
    ['law-3: an answer of a program', 'awaiting-approval', true],
  ])('%s: %s', async (_, state, isKey) => {
    const asked = { title: 'Asks', steps: [ask({ type: 'text' }), open(answered)] };
    const { id } = await company.services.runs.create(by(false), asked);
    expect(await afterAnswer(await started(id), 'ben', isKey)).toBe(state);
  });

  it.each([
    ['a fixed list of its playbook are fixed', 'desk.fixed', true, 'system', 'untrusted'],
    ['what a tool found are anybody’s', 'desk.found', false, 'untrusted', 'user'],
  ])(
    'law-3: elements of %s, whoever filled the slots beside it',
    async (_, playbook, isKey, subject, person) => {
      if (playbook === 'desk.found')
        await company.go([
          { id: 'open', contract: 'desk.create-ticket@^1', arguments: { subject: 'Element' } },
        ]);
      const asked = { playbook, slots: { assignee: 'ben' } };
      const { id } = await company.services.runs.create(by(isKey), asked);
      expect(await started(id)).toMatchObject({ state: 'awaiting-approval' });
      const { approvals } = await company.services.approvals.pending(company.by('ada'));
      const { text } = approvals.find(({ run }) => run === id) as Approval;
      expect((JSON.parse(text) as ApprovalText).sinks).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ at: '/subject', integrity: subject }),
          expect.objectContaining({ at: '/assignee', integrity: person }),
        ]),
      );
    },
  );

  it('are shown round by round where a list is known: five of them, and all are counted', async () => {
    const { id } = await company.services.runs.create(by(false), { playbook: 'desk.fixed', slots: {} });
    expect(await company.rest(id)).toMatchObject({
      preview: [
        {
          within: { kind: 'each', most: 6 },
          rounds: TASKS.slice(0, 5).map((task) => ({ subject: task, assignee: 'ben' })),
        },
      ],
      bounds: { cost: 6, blast: [{ items: 6 }] },
    });
  });

  it('are all counted before it is started, and what is not shown is said', async () => {
    const find = (id: string): PlanNode => ({
      id,
      contract: 'desk.find-tickets@^1',
      arguments: { text: 'x' },
    });
    const branch = (name: string): PlanNode[] =>
      Array.from({ length: 50 }, (__, index) => find(`${name}-${index}`));
    const steps: PlanNode[] = [{ together: ['a', 'b', 'c', 'd', 'e'].map(branch) }];
    const { id } = await company.services.runs.create(by(false), { title: 'Large', steps });
    const ready = await company.rest(id);
    expect(ready).toMatchObject({ state: 'ready', bounds: { notShown: 50, cost: 250, effects: 0 } });
    expect(ready.preview).toHaveLength(200);
    // A preview as it was before all was counted.
    await company.execute(sql`update run_plan set preview = convert_to('[]', 'UTF8')
      where tenant_id = 1 and run_id = ${id}`);
    await expect(company.services.runs.start(by(false), id)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('are 2 MB at most before it is started, however often a plan refers to one of them', async () => {
    const create = (length: number): Promise<Run> =>
      company.services.runs.create(by(false), {
        playbook: 'desk.often',
        slots: { body: 'x'.repeat(length) },
      });
    expect(await company.rest((await create(1000)).id)).toMatchObject({ state: 'ready' });
    const refused = await company.rest((await create(4000)).id);
    const reason = 'The arguments of its calls are larger than 2 MB together.';
    expect(refused).toMatchObject({ state: 'failed', reason });
    expect(JSON.stringify(refused.preview).length).toBeLessThan(2 * 2 ** 20);
  });

  it('law-3: are carried out by the contract that was shown, or not at all', async () => {
    const asked = { title: 'Shown', steps: [open('ben')] };
    const ready = async (): Promise<string> => {
      const { id } = await company.services.runs.create(by(false), asked);
      await company.rest(id);
      return id;
    };
    const first = await ready();
    const next = { ...CREATE, version: '1.1.0' };
    const place = await company.tools.approve(company.tools.peer('desk'), 'create_ticket', next);
    expect(await started(first)).toMatchObject({
      state: 'completed',
      steps: [{ contract: 'desk.create-ticket@1.0.0' }],
    });
    const second = await ready();
    await company.services.registry.setAside(company.by('dev'), place, 'quarantined', 'a look');
    const before = company.tools.tickets('desk');
    expect(await started(second)).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/^What was shown is desk.create-ticket@1.1.0/),
    });
    expect(company.tools.tickets('desk')).toEqual(before);
  });

  it('are those of at most 100 open runs of a person, however many are asked for at once', async () => {
    const boss = company.by('boss');
    await company.execute(sql`insert into agent_run (tenant_id, run_id, requester_id, title, planner, budget, state)
      select 1, gen_random_uuid(), ${boss.person}, 'Open', 'person', 1, 'ready' from generate_series(1, 98)`);
    const asked = { title: 'One more', steps: [open('ben')] };
    const all = await Promise.allSettled(
      Array.from({ length: 6 }, () => company.services.runs.create(boss, asked)),
    );
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    const refused = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(refused).toMatchObject(Array(4).fill({ code: 'request.too-many' }));
  });

  it('are shown in a preview as far as they are known, with the loop that the rest will come from', async () => {
    const { id } = await company.services.runs.create(by(false), { playbook: 'desk.each', slots: {} });
    const over = { $from: 'find', at: '/tickets' };
    expect((await company.rest(id)).preview).toMatchObject([
      { id: 'find', arguments: { text: 'Words' }, loops: [] },
      {
        id: 'open',
        arguments: { subject: { $from: 'round', at: '/subject' }, assignee: 'ben' },
        within: { kind: 'each', most: 3 },
        loops: [{ id: 'ticket', over }],
      },
    ]);
  });

  it.each(['contract', 'peer', 'person', 'run'] as const)(
    'stop no %s that there is none of',
    async (scope) => {
      const { kills } = company.services;
      const before = await kills.list(company.by('boss'));
      const set = kills.set(company.by('boss'), { scope, target: 'nowhere', reason: 'a slip' });
      await expect(set).rejects.toMatchObject({ code: 'not-found' });
      expect(await kills.list(company.by('boss'))).toEqual(before);
    },
  );
});
