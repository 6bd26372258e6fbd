import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Run } from '@belay/contracts';
import { databasesInTurn } from '@belay/testing/stack';
import { RunCompany } from '@belay/testing/run-company';

// What is said of an effect that was, or could not be, taken back.
jest.setTimeout(120_000);
const blast = { resource: 'desk.tickets', maxItems: 1, perDay: 1000 };

describe.each(databasesInTurn())('what was taken back on %s PostgreSQL', (kind) => {
  let company: RunCompany;
  const stateOf = (subject: string): string | undefined =>
    company.tools.tickets('desk').find((ticket) => ticket.subject === subject)?.state;
  async function undone(contract: string, subject: string): Promise<Run> {
    const done = await company.go([{ id: 'open', contract: `desk.${contract}@^1`, arguments: { subject } }]);
    expect(done).toMatchObject({ state: 'completed', steps: [{ verified: null }] });
    await company.services.runs.undo(company.by('ada'), done.id);
    return company.rest(done.id);
  }

  beforeAll(async () => {
    company = await RunCompany.start(kind);
    const peer = await company.desk();
    const create = {
      effect: { class: 'compensable', blast },
      idempotency: { mode: 'key', argument: '/key' },
      approval: { when: 'tainted' },
      dryRun: { mode: 'simulate' },
    };
    const closing = (id: string): object => ({
      contract: 'desk.close-ticket@^1',
      args: { '/id': id, '/why': 'taken back' },
    });
    const probe = { contract: 'desk.find-tickets@^1', args: { '/key': '$key' }, found: '/tickets' };
    const decided = {
      sound: { probe, compensation: { ...closing('$result/id'), unchanged: ['/revision'] } },
      mistaken: { probe, compensation: closing('T-1') },
      blind: { compensation: closing('$result/id') },
    };
    for (const [name, more] of Object.entries(decided))
      await company.tools.approve(peer, 'create_ticket', { ...create, ...more, contract: `desk.${name}` });
    // T-1, which is nobody's in the tests.
    await company.go([{ id: 'open', contract: 'desk.blind@^1', arguments: { subject: 'First' } }]);
  }, 120_000);
  afterAll(() => company?.stop(), 60_000);

  it('is confirmed where a look shows that it is another', async () => {
    expect(await undone('sound', 'Sound')).toMatchObject({
      state: 'compensated',
      steps: [{ verified: true }],
    });
    expect(stateOf('Sound')).toBe('closed');
  });

  it('is contradicted where its server says so and a look shows that all is as it was', async () => {
    const reason = 'The server says that it was taken back, and a look shows that it was not.';
    expect(await undone('mistaken', 'Mistaken')).toMatchObject({
      state: 'partially-compensated',
      steps: [{ state: 'compensation-failed', verified: false, reason }],
    });
    expect(stateOf('Mistaken')).toBe('open');
  });

  it('is not confirmed where nothing can be asked', async () => {
    expect(await undone('blind', 'Blind')).toMatchObject({
      state: 'compensated',
      steps: [{ verified: null }],
    });
    expect(stateOf('Blind')).toBe('closed');
  });

  it.each(['sound', 'blind'])(
    'stays as it is while its server is away, says so, and is tried again: %s',
    async (name) => {
      const { options, runs } = company.services;
      const done = await company.go([
        { id: 'open', contract: `desk.${name}@^1`, arguments: { subject: `Away ${name}` } },
      ]);
      const place = join(company.tools.home, 'peers', company.tools.helpdesk.artifact);
      await options.pool.stop();
      renameSync(place, `${place}.away`);
      try {
        await runs.undo(company.by('ada'), done.id);
        expect(await company.rest(done.id)).toMatchObject({
          state: 'not-compensated',
          reason: expect.stringMatching(
            /^Nothing of it was taken back yet\. The server desk (cannot be reached|does not say what is there now)\.$/,
          ),
          steps: [{ state: 'succeeded' }],
          mayUndo: true,
        });
      } finally {
        renameSync(`${place}.away`, place);
      }
      expect(stateOf(`Away ${name}`)).toBe('open');
      await runs.undo(company.by('ada'), done.id);
      expect(await company.rest(done.id)).toMatchObject({ state: 'compensated' });
      expect(stateOf(`Away ${name}`)).toBe('closed');
    },
  );
});
