import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Run } from '@belay/contracts';
import { databasesInTurn } from '@belay/testing/stack';
import { READ, ToolCompany } from '@belay/testing/tool-company';
import { parse, stringify } from 'yaml';
import { createServices, type Services } from '../services.js';

jest.setTimeout(120_000);
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const sample = (name: string, changes: object = {}): string =>
  stringify({
    ...(parse(readFileSync(join(ROOT, 'samples/playbooks', `${name}.yaml`), 'utf8')) as object),
    ...changes,
  });
const KEY = { idempotency: { mode: 'key', argument: '/key' }, dryRun: { mode: 'simulate' } };
const CLOSE = {
  ...KEY,
  effect: { class: 'irreversible', blast: { resource: 'tickets', maxItems: 1, perDay: 100 } },
  approval: { when: 'always', separation: true },
};
const CREATE = {
  ...KEY,
  effect: { class: 'compensable', blast: { resource: 'tickets', maxItems: 1, perDay: 100 } },
  compensation: { contract: 'helpdesk.close-ticket@^1', args: { '/id': '$result/id', '/why': 'taken back' } },
  approval: { when: 'tainted' },
};

describe.each(databasesInTurn())('playbooks on %s PostgreSQL', (kind) => {
  let company: ToolCompany<Services>;
  const by = (name: string): ReturnType<typeof company.by> => company.by(name);
  const registered = (text: string): ReturnType<Services['playbooks']['register']> =>
    company.services.playbooks.register(by('dev'), text);
  async function inUse(text: string): Promise<string> {
    const row = await registered(text);
    await company.services.playbooks.approve(by('second'), row, row.digest);
    return `${row.playbook}@${row.version}`;
  }
  const matched = async (text: string, as = 'ada'): Promise<string | undefined> =>
    (await company.services.playbooks.match(by(as), text)).match?.playbook;
  const leaves = async (): Promise<string[]> => {
    const rows = await company.services.database.transaction({ role: 'api', tenant: 1 }, (tx) =>
      tx.many<{ header: string }>({ text: 'select header from audit_leaf', values: [] }),
    );
    const all = rows.map(({ header }) => JSON.parse(header) as { type: string; resource: string });
    return all
      .filter(({ type }) => type.startsWith('playbook.'))
      .map(({ type, resource }) => `${type} ${resource}`);
  };

  beforeAll(async () => {
    company = await ToolCompany.start(kind, createServices);
    const environment = { ...process.env, ...company.stack.environment, BELAY_LOG: 'info' };
    await company.stack.start(
      process.execPath,
      [join(ROOT, 'apps/worker/dist/main.js')],
      'worker.ready',
      environment,
    );
    const peer = company.peer('helpdesk');
    await company.approve(peer, 'find_tickets', READ);
    await company.approve(peer, 'close_ticket', CLOSE);
  }, 120_000);
  afterAll(() => company?.stop(), 60_000);

  it('are in use when somebody else approved the text that was registered, each step on the ledger', async () => {
    const { playbooks } = company.services;
    await expect(registered(sample('open-ticket'))).rejects.toThrow(/no such contract is approved/);
    await company.approve(company.peer('helpdesk'), 'create_ticket', CREATE);
    const row = await registered(sample('open-ticket'));
    expect(row).toMatchObject({ state: 'registered', registeredBy: 'dev', findings: [] });
    expect(await registered(sample('open-ticket'))).toMatchObject({ digest: row.digest });
    await expect(registered(sample('open-ticket', { title: 'Other' }))).rejects.toMatchObject({
      code: 'conflict',
    });
    const broken = sample('find-tickets', { fixtures: [{ name: 'f', slots: { text: 'x' }, steps: [] }] });
    await expect(registered(broken)).rejects.toThrow(/fixture "f" does not hold/);
    expect(await matched('Open a ticket about the fan')).toBeUndefined();
    await expect(playbooks.approve(by('dev'), row, row.digest)).rejects.toMatchObject({
      code: 'auth.forbidden',
    });
    await expect(playbooks.approve(by('second'), row, `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await playbooks.approve(by('second'), row, row.digest)).toMatchObject({ state: 'approved' });
    expect(await matched('Open a ticket about the fan')).toBe('helpdesk.open-ticket@1.0.0');
    expect(await matched('What is our ticket policy?')).toBeUndefined();
    expect(await leaves()).toEqual([
      'playbook.register helpdesk.open-ticket@1.0.0',
      'playbook.approve helpdesk.open-ticket@1.0.0',
    ]);
  });

  it('are started with the words of their person, and ask for what these do not say', async () => {
    const { playbooks, runs } = company.services;
    const name = 'helpdesk.open-ticket@1.0.0';
    const { match } = await playbooks.match(by('ada'), 'Please open a ticket');
    expect(match).toMatchObject({ playbook: name, values: {}, missing: [{ name: 'subject', type: 'text' }] });
    await expect(runs.create(by('ada'), { playbook: name, slots: {} })).rejects.toThrow(
      /"subject" is missing/,
    );
    const run = await runs.create(by('ada'), { playbook: name, slots: { subject: 'The fan is loud' } });
    expect(run).toMatchObject({ title: 'Open a ticket', planner: name });
    const rest = async (): Promise<Run> => {
      for (let turn = 0; turn < 1500; turn += 1) {
        const now = await runs.get(by('ada'), run.id);
        if (!['planned', 'running', 'waiting'].includes(now.state)) return now;
        await sleep(50);
      }
      throw new Error('the run does not rest');
    };
    expect(await rest()).toMatchObject({ state: 'ready' });
    await runs.start(by('ada'), run.id);
    expect(await rest()).toMatchObject({ state: 'completed' });
    expect(company.tickets('helpdesk')).toMatchObject([{ subject: 'The fan is loud' }]);
  });

  it('are matched, listed, named and started only for those who may start them', async () => {
    const { playbooks, runs } = company.services;
    const name = await inUse(sample('find-tickets', { users: ['person:ben'] }));
    const words = 'Find the tickets about the fan';
    expect(await matched(words, 'ben')).toBe(name);
    expect(await matched(words, 'ada')).toBeUndefined();
    const names = async (as: string): Promise<string[]> =>
      (await playbooks.list(by(as))).map(({ usable }) => usable?.playbook ?? 'none');
    expect(await names('ben')).toEqual([name, 'helpdesk.open-ticket@1.0.0']);
    expect(await names('ada')).toEqual(['helpdesk.open-ticket@1.0.0']);
    expect(await names('dev')).toEqual(['none', 'helpdesk.open-ticket@1.0.0']);
    const asked = { playbook: name, slots: { text: 'fan' } };
    await expect(runs.create(by('ada'), asked)).rejects.toMatchObject({ code: 'not-found' });
    // The database keeps it as well from whoever would come as far as to ask for it.
    const place = { playbook: 'helpdesk.find-tickets', version: '1.0.0' };
    await expect(playbooks.get(by('ada'), place)).rejects.toMatchObject({ code: 'not-found' });
    await expect(playbooks.register(by('ada'), sample('close-ticket'))).rejects.toThrow();
    await playbooks.retire(by('dev'), place, 'no longer');
    expect(await matched(words, 'ben')).toBeUndefined();
    await expect(runs.create(by('ben'), asked)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('are not offered while a contract of theirs may not be called', async () => {
    await inUse(sample('close-ticket'));
    expect(await matched('Close ticket T-1')).toBe('helpdesk.close-ticket@1.0.0');
    const place = { contract: 'helpdesk.close-ticket', version: '1.0.0' };
    await company.services.registry.setAside(by('dev'), place, 'quarantined', 'looks odd');
    expect(await matched('Close ticket T-1')).toBeUndefined();
    const names = async (as: string): Promise<string[]> =>
      (await company.services.playbooks.list(by(as))).map(({ playbook }) => playbook);
    expect(await names('ada')).not.toContain('helpdesk.close-ticket');
    expect(await names('dev')).toContain('helpdesk.close-ticket');
  });
});
