import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ToolContract } from '@belay/contracts';
import { Database, sql } from '@belay/database';
import { HeldServer } from '@belay/testing/held-server';
import { RunCompany } from '@belay/testing/run-company';
import { databasesInTurn } from '@belay/testing/stack';
import { READ } from '@belay/testing/tool-company';
import type { CallOutcome } from '../../peers/call-outcome.js';
import { ContractLibrary, type ReadyContract } from '../contract-library.js';
import { Lease } from '../lease.js';
import { RunRepository } from '../run.repository.js';
import { RunVault } from '../run-vault.js';
import { KillWatch } from './kill-watch.js';

// A process that was stopped goes on with what it knew before.
jest.setTimeout(60_000);
const AN_HOUR = 3_600_000;

describe.each(databasesInTurn())('a service that was stopped for a while on %s PostgreSQL', (kind) => {
  let company: RunCompany;
  let server: HeldServer;
  let contract: ReadyContract;
  let lease: Lease;
  let now: number;
  const held = new Map<string, Lease>();

  const watchOn = (database: Database): KillWatch => {
    const { pool } = company.services.options;
    const watch = new KillWatch({ tenant: 1, database, pool, clock: () => now }, () => held);
    watch.turnOn();
    return watch;
  };
  /** A run that is worked on under a watch. */
  async function hold(switches: KillWatch): Promise<void> {
    const { database, runs } = company.services;
    const steps = [{ id: 'find', contract: 'held.find@^1', arguments: { label: 'any' } }];
    const { id } = await runs.create(company.by('ada'), { title: 'Stopped', steps });
    await company.execute(sql`update agent_run set state = 'running', wake_at = now() where run_id = ${id}`);
    const repository = new RunRepository(new RunVault(company.tools.home));
    const claimed = await Lease.claim(database, repository, { tenant: 1, run: id, owner: 'here', switches });
    if (!claimed) throw new Error('the run is not to be had');
    lease = claimed;
    held.clear();
    held.set(id, lease);
  }
  const call = (): Promise<CallOutcome> =>
    company.services.options.pool.call({
      holder: '1:1',
      contract: contract.document as ToolContract,
      definition: contract.definition,
      arguments: { label: 'any' },
      key: 'k',
      ...lease.bond,
    });
  const NOT_SENT = { kind: 'not-sent', reason: 'The call was cancelled before it was sent.' };

  beforeAll(async () => {
    [company, server] = await Promise.all([RunCompany.start(kind), HeldServer.start()]);
    company.name(server);
    await company.tools.approve(server.peer('held'), 'find', READ);
    // Nobody but a test looks for switches, or works on a run.
    await company.services.host.stop();
    const found = await company.services.database.transaction({ role: 'agent', tenant: 1 }, (tx) =>
      new ContractLibrary().find(tx, 'held.find@^1'),
    );
    if (!found) throw new Error('the contract is not in use');
    contract = found;
  }, 120_000);
  beforeEach(() => {
    now = 0;
    server.calls.length = 0;
  });
  afterAll(async () => {
    await lease?.release();
    await company?.stop();
    await server?.stop();
  }, 60_000);

  it('law-3: looks for switches again before a call leaves, and does not send what one stops', async () => {
    await hold(watchOn(company.services.database));
    expect(await call()).toMatchObject({ kind: 'result' });
    const stop = { scope: 'person' as const, target: 'ada', reason: 'while it stood still' };
    const [kill] = await company.services.kills.set(company.by('boss'), stop);
    now += AN_HOUR;
    expect(await call()).toEqual(NOT_SENT);
    expect(lease.signal.aborted).toBe(true);
    expect(server.calls).toEqual(['find']);
    await company.services.kills.lift(company.by('boss'), kill?.id ?? 0);
    await lease.release();
  });

  it('law-3: sends what nothing stops once it has looked', async () => {
    await hold(watchOn(company.services.database));
    for (let turn = 0; turn < 3; turn += 1) {
      now += AN_HOUR;
      expect(lease.bond.mayLeave()).toBe(false);
      expect(await call()).toMatchObject({ kind: 'result' });
      expect(lease.bond.mayLeave()).toBe(true);
    }
    await lease.release();
  });

  it('law-3: sends nothing while it cannot look', async () => {
    const gone = new Database({ host: '/nowhere', port: 1 });
    await hold(watchOn(gone));
    expect(await call()).toEqual(NOT_SENT);
    expect(server.calls).toEqual([]);
    await gone.close();
    await lease.release();
  });
});
