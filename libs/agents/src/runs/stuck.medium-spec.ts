import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { PlanNode } from '@belay/contracts';
import { databasesInTurn } from '@belay/testing/stack';
import { HeldServer } from '@belay/testing/held-server';
import { RunCompany } from '@belay/testing/run-company';
import { READ } from '@belay/testing/tool-company';

// A server that does not answer, and people who wait for it.
jest.setTimeout(120_000);
const blast = { resource: 'held.things', maxItems: 1, perDay: 1000 };

describe.each(databasesInTurn())('a person whose calls are stuck on %s PostgreSQL', (kind) => {
  let company: RunCompany;
  let server: HeldServer;
  const find = (label: string): PlanNode => ({
    id: 'find',
    contract: 'held.find@^1',
    arguments: { label },
  });
  const make = (label: string): PlanNode => ({ id: 'make', contract: 'held.make@^1', arguments: { label } });

  beforeAll(async () => {
    [company, server] = await Promise.all([RunCompany.start(kind), HeldServer.start()]);
    company.name(server);
    const peer = server.peer('held');
    await company.tools.approve(peer, 'find', {
      ...READ,
      limits: { rate: { calls: 100, per: 'second' }, burst: 200, concurrency: 10, timeoutMs: 300_000 },
    });
    await company.tools.approve(peer, 'remove', {
      effect: { class: 'irreversible', blast },
      idempotency: { mode: 'natural' },
      approval: { when: 'always', separation: true },
      dryRun: { mode: 'simulate' },
    });
    await company.tools.approve(peer, 'make', {
      effect: { class: 'compensable', blast },
      idempotency: { mode: 'key', argument: '/key' },
      compensation: { contract: 'held.remove@^1', args: { '/id': '$result/id' } },
      approval: { when: 'tainted' },
      dryRun: { mode: 'simulate' },
    });
  }, 120_000);
  afterAll(async () => {
    await company?.stop();
    await server?.stop();
  }, 60_000);

  it('delays neither the runs of others nor what anybody takes back', async () => {
    const done = await company.go([make('to be taken back')]);
    server.hold('find', 'stuck');
    const before = server.calls.length;
    const { runs } = company.services;
    const asked = { title: 'Stuck', steps: [find('stuck')] };
    const stuck = await Promise.all([1, 2, 3, 4, 5, 6].map(() => runs.create(company.by('ada'), asked)));
    for (const { id } of stuck) await company.rest(id);
    for (const { id } of stuck) await runs.start(company.by('ada'), id);
    expect(await company.go([make('of another')], 'ben')).toMatchObject({ state: 'completed' });
    await runs.undo(company.by('ada'), done.id);
    expect(await company.rest(done.id)).toMatchObject({ state: 'compensated' });
    expect(server.labelled('to be taken back')).toEqual([]);
    expect(server.calls.slice(before).filter((tool) => tool === 'find')).toHaveLength(4);
    server.letGo('find', 'stuck');
    for (const { id } of stuck) expect(await company.rest(id)).toMatchObject({ state: 'completed' });
  });

  it('law-5: keeps the calls of its other runs when it stops one and starts another', async () => {
    const { runs } = company.services;
    for (const label of ['stopped', 'kept']) server.hold('find', label);
    const before = server.calls.length;
    const stopped = await company.begin([find('stopped')]);
    const kept = await company.begin([find('kept')]);
    while (server.calls.length < before + 2) await sleep(20);
    await runs.cancel(company.by('ada'), stopped.id);
    await company.until(stopped.id, ({ steps }) => steps[0]?.state !== 'intended');
    expect(await company.go([find('free')])).toMatchObject({ state: 'completed' });
    server.letGo('find', 'kept');
    expect(await company.rest(kept.id)).toMatchObject({ state: 'completed' });
    expect(server.calls.slice(before)).toEqual(['find', 'find', 'find']);
    server.letGo('find', 'stopped');
  });
});
