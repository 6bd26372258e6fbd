import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Run } from '@belay/contracts';
import { HeldServer } from '@belay/testing/held-server';
import { databasesInTurn } from '@belay/testing/stack';
import { READ, ToolCompany } from '@belay/testing/tool-company';
import { createServices, type Services } from '../services.js';

jest.setTimeout(60_000);

describe.each(databasesInTurn())('an agent service that is stopped on %s PostgreSQL', (kind) => {
  let company: ToolCompany<Services>;
  let server: HeldServer;
  let agent: ChildProcess;
  const ada = (): ReturnType<typeof company.by> => company.by('ada');
  async function until(id: string, state: Run['state']): Promise<void> {
    while ((await company.services.runs.get(ada(), id)).state !== state) await sleep(25);
  }

  beforeAll(async () => {
    [company, server] = await Promise.all([
      ToolCompany.start(kind, createServices, { agent: false }),
      HeldServer.start(),
    ]);
    company.stack.environment['BELAY_PRIVATE_SERVERS'] = new URL(server.peer('held').url).host;
    agent = await company.startAgent();
    await company.approve(server.peer('held'), 'find', READ);
  }, 120_000);
  afterAll(async () => {
    await company?.stop();
    await server?.stop();
  }, 60_000);

  it('law-5: does not wait for a server that is just starting, and another one goes on', async () => {
    const { runs } = company.services;
    const steps = [{ id: 'find', contract: 'held.find@^1', arguments: { label: 'any' } }];
    const { id } = await runs.create(ada(), { title: 'Stopped', steps });
    await until(id, 'ready');
    server.fallSilent();
    await runs.start(ada(), id);
    while (server.unanswered === 0) await sleep(25);
    const ended = once(agent, 'exit');
    agent.kill('SIGTERM');
    // It ends with 1 where it has to be ended.
    expect(await ended).toEqual([0, null]);
    server.goOn();
    agent = await company.startAgent();
    await until(id, 'completed');
    expect(server.calls).toEqual(['find']);
  });
});
