import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { PlanNode, Run } from '@belay/contracts';
import { databasesInTurn } from '@belay/testing/stack';
import { READ, ToolCompany } from '@belay/testing/tool-company';
import { createServices, type Services } from '../services.js';

jest.setTimeout(60_000);
const RESTING: readonly Run['state'][] = ['ready', 'completed', 'failed', 'killed'];

describe.each(databasesInTurn())('recorded calls on %s PostgreSQL', (kind) => {
  let company: ToolCompany<Services>;
  const by = (name: string): ReturnType<typeof company.by> => company.by(name);
  const find = (text: string, contract = 'desk.find-tickets@^1'): PlanNode[] => [
    { id: 'call', contract, arguments: { text } },
  ];
  async function rest(id: string, as: string): Promise<Run> {
    for (let turn = 0; turn < 1200; turn += 1) {
      const run = await company.services.runs.get(by(as), id);
      if (RESTING.includes(run.state)) return run;
      await sleep(25);
    }
    throw new Error('the run does not come to rest');
  }
  async function go(steps: PlanNode[], as = 'dev'): Promise<string> {
    const { id } = await company.services.runs.create(by(as), { title: 'Record', steps });
    expect(await rest(id, as)).toMatchObject({ state: 'ready' });
    await company.services.runs.start(by(as), id);
    expect(await rest(id, as)).toMatchObject({ state: 'completed' });
    return id;
  }
  const FIND = { contract: 'desk.find-tickets', version: '1.0.0' };

  beforeAll(async () => {
    company = await ToolCompany.start(kind, createServices);
    const peer = company.peer('desk');
    await company.approve(peer, 'find_tickets', READ);
    // What it gives back is for the one developer alone.
    await company.approve(peer, 'find_tickets', {
      ...READ,
      redact: ['/tickets/0/subject'],
      contract: 'desk.find-own',
      audience: ['person:dev'],
    });
  }, 120_000);
  afterAll(() => company?.stop(), 60_000);

  it('law-1: are seen by whoever may call the contract and read what it gives back, and by nobody else', async () => {
    const { fixtures } = company.services;
    const own = { contract: 'desk.find-own', version: '1.0.0' };
    const run = await go(find('fan', 'desk.find-own@^1'));
    await fixtures.record(by('dev'), own, { name: 'own', run });
    expect(await fixtures.list(by('dev'), own)).toMatchObject([{ name: 'own', recordedBy: 'dev' }]);
    for (const other of ['second', 'boss', 'ada']) {
      expect(await fixtures.list(by(other), own)).toEqual([]);
      const gone = { code: 'not-found' };
      await expect(fixtures.replay(by(other), own, 'own', run)).rejects.toMatchObject(gone);
      await expect(fixtures.remove(by(other), own, 'own')).rejects.toMatchObject(gone);
      await expect(fixtures.record(by(other), own, { name: 'other', run })).rejects.toMatchObject({
        code: 'auth.forbidden',
      });
    }
    expect((await company.services.registry.verify(by('second'), own)).fixtures).toEqual([]);
  });

  it('keep nothing that the contract redacts', async () => {
    const { fixtures } = company.services;
    const own = { contract: 'desk.find-own', version: '1.0.0' };
    const words = { subject: 'Private fan', body: '', assignee: '' };
    const ticket = { id: 'T-1', ...words, state: 'open', comments: [], revision: 1, keys: [] };
    const file = join(company.dataOf('desk'), 'tickets.json');
    writeFileSync(file, JSON.stringify({ next: 2, tickets: [ticket] }));
    const run = await go(find('fan', 'desk.find-own@^1'));
    const kept = await fixtures.record(by('dev'), own, { name: 'private', run });
    expect(JSON.stringify(kept)).not.toContain('Private fan');
    expect(JSON.stringify(kept)).toContain('"T-1"');
    rmSync(file);
  });

  it('law-1: are made of a run of one’s own that is this one call, and of nothing that another one gave', async () => {
    const { fixtures } = company.services;
    const mine = await go(find('fan'));
    await expect(fixtures.record(by('second'), FIND, { name: 'n', run: mine })).rejects.toMatchObject({
      code: 'not-found',
    });
    const two = await go([
      ...find('fan'),
      { id: 'more', contract: 'desk.find-tickets@^1', arguments: { text: 'x' } },
    ]);
    await expect(fixtures.record(by('dev'), FIND, { name: 'n', run: two })).rejects.toThrow(/nothing else/);
    const own = { contract: 'desk.find-own', version: '1.0.0' };
    await expect(fixtures.record(by('dev'), own, { name: 'n', run: mine })).rejects.toThrow(/nothing else/);
    const { id } = await company.services.runs.create(by('dev'), {
      title: 'Only looked at',
      steps: find('fan'),
    });
    await rest(id, 'dev');
    await expect(fixtures.record(by('dev'), FIND, { name: 'n', run: id })).rejects.toThrow(/is not done/);
  });

  it('are made again and compared, judged when the contract is verified, and removed, each step on the ledger', async () => {
    const { fixtures, registry, database } = company.services;
    const place = FIND;
    const first = { name: 'what is found of fans', run: await go(find('fan')) };
    expect(await fixtures.record(by('dev'), place, first)).toMatchObject({
      kind: 'call',
      input: { text: 'fan' },
      isPartial: false,
      problem: null,
    });
    await expect(fixtures.record(by('dev'), place, first)).rejects.toMatchObject({ code: 'conflict' });
    const again = (text: string): Promise<string> => go(find(text), 'second');
    expect(await fixtures.replay(by('second'), place, first.name, await again('fan'))).toMatchObject({
      changes: [],
    });
    await expect(fixtures.replay(by('second'), place, first.name, await again('x'))).rejects.toThrow(
      /other arguments/,
    );
    expect((await registry.verify(by('second'), place)).fixtures).toEqual([
      { name: first.name, problem: null },
    ]);
    await fixtures.remove(by('second'), place, first.name);
    expect(await fixtures.list(by('dev'), place)).toEqual([]);
    const leaves = await database.transaction({ role: 'owner', tenant: 1 }, (tx) =>
      tx.many<{ payload: string }>({
        text: `select p.payload from audit_leaf l join audit_payload p using (tenant_id, leaf_id)
          where l.header like '%tool.fixture%' and l.header like '%desk.find-tickets%' order by p.payload`,
        values: [],
      }),
    );
    expect(leaves.map(({ payload }) => (JSON.parse(payload) as { step: string }).step)).toEqual([
      'record',
      'remove',
    ]);
  });
});
