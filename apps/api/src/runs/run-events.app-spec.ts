import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { followRun, type NewRun, type Run, type RunEvent } from '@belay/contracts';
import { sql } from '@belay/database';
import { databasesInTurn } from '@belay/testing/stack';
import { READ, ToolCompany } from '@belay/testing/tool-company';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp } from '../create-app.js';
import { createServices, type Services } from '../services.js';

jest.setTimeout(60_000);
const SECRET = 'For my eyes alone';
const CREATE = {
  effect: { class: 'reversible', blast: { resource: 'tickets', maxItems: 1, perDay: 1000 } },
  idempotency: { mode: 'key', argument: '/key' },
  compensation: { contract: 'desk.close-ticket@^1', args: { '/id': '$result/id', '/why': 'taken back' } },
  approval: { when: 'tainted' },
  dryRun: { mode: 'simulate' },
};
const CLOSE = {
  effect: { class: 'irreversible', blast: { resource: 'tickets', maxItems: 1, perDay: 1000 } },
  idempotency: { mode: 'key', argument: '/key' },
  approval: { when: 'always', separation: true },
  dryRun: { mode: 'simulate' },
};

/** What one stream said, as long as it was open. */
interface Watched {
  readonly status: number;
  readonly events: { id: string; event: string; data: unknown }[];
  text: string;
  /** Resolves when the server has ended it. */
  readonly ended: Promise<void>;
  leave(): void;
}

describe.each(databasesInTurn())('the events of a run on %s PostgreSQL', (kind) => {
  let company: ToolCompany<Services>;
  let app: NestExpressApplication;
  let address: string;
  const open: Watched[] = [];
  const by = (name: string): ReturnType<typeof company.by> => company.by(name);
  const execute = (statement: ReturnType<typeof sql>): Promise<number> =>
    company.services.database.transaction({ role: 'owner', tenant: 1 }, (tx) => tx.run(statement));

  const credentials = async (name: string): Promise<Record<string, string>> => ({
    cookie: `belay_session=${await company.services.sessions.signInDemo(1, name)}`,
  });
  async function watch(id: string, headers: Record<string, string>, last?: string): Promise<Watched> {
    const stop = new AbortController();
    const response = await fetch(`${address}/v1/runs/${id}/events`, {
      signal: stop.signal,
      headers: { ...headers, ...(last !== undefined && { 'last-event-id': last }) },
    });
    const events: Watched['events'] = [];
    const watched = {
      status: response.status,
      events,
      text: '',
      ended: Promise.resolve(),
      leave: () => stop.abort(),
    };
    const read = async (): Promise<void> => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) {
        watched.text += decoder.decode(chunk as Uint8Array, { stream: true });
        const found = watched.text.matchAll(/(?:id: (.*)\n)?event: (.*)\ndata: (.*)\n\n/g);
        events.splice(
          0,
          Infinity,
          ...[...found].map(([, eventId = '', event = '', data = '']) => ({
            id: eventId,
            event,
            data: JSON.parse(data) as unknown,
          })),
        );
      }
    };
    watched.ended = read().catch(() => undefined);
    open.push(watched);
    return watched;
  }
  async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    for (let turn = 0; turn < 1500; turn += 1) {
      if (await isSo()) return;
      await sleep(20);
    }
    throw new Error('it does not come to that');
  }
  const ticket = (subject: string): NewRun => ({
    title: 'A ticket',
    steps: [{ id: 'open', contract: 'desk.create-ticket@^1', arguments: { subject } }],
  });
  async function ready(subject = SECRET): Promise<string> {
    const { id } = await company.services.runs.create(by('ada'), ticket(subject));
    await until(async () => (await company.services.runs.get(by('ada'), id)).state === 'ready');
    return id;
  }
  const shown = ({ events }: Watched): Run[] =>
    events.filter(({ event }) => event === 'run').map(({ data }) => data as Run);

  beforeAll(async () => {
    company = await ToolCompany.start(kind, createServices);
    const peer = company.peer('desk');
    await company.approve(peer, 'find_tickets', READ);
    await company.approve(peer, 'close_ticket', CLOSE);
    await company.approve(peer, 'create_ticket', CREATE);
    app = await createApp(company.services);
    await app.listen(0, '127.0.0.1');
    address = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  }, 120_000);
  afterEach(() => {
    for (const watched of open.splice(0)) watched.leave();
  });
  afterAll(async () => {
    company?.services.runStream.close();
    await app?.close();
    await company?.stop();
  }, 60_000);

  it('law-1: shows each person exactly what asking shows them, and strangers nothing', async () => {
    const id = await ready();
    const { sessions } = company.services;
    const { key = '' } = await sessions.addKey(by('ada'), await sessions.signInDemo(1, 'ada'), {
      label: 'asks',
      actions: ['ask'],
      days: 1,
    });
    const [ada, boss, ben, nobody, weak] = await Promise.all([
      watch(id, await credentials('ada')),
      watch(id, await credentials('boss')),
      watch(id, await credentials('ben')),
      watch(id, {}),
      watch(id, { authorization: `Bearer ${key}` }),
    ]);
    expect([ada, boss, ben, nobody, weak].map(({ status }) => status)).toEqual([200, 200, 404, 401, 403]);
    await until(() => [ada, boss].every(({ events }) => events.length > 0));
    await company.services.runs.start(by('ada'), id);
    await Promise.all([ada.ended, boss.ended]);
    for (const [watched, name] of [
      [ada, 'ada'],
      [boss, 'boss'],
    ] as const) {
      expect(shown(watched)[0]?.state).toBe('ready');
      expect(shown(watched).at(-1)).toEqual(await company.services.runs.get(by(name), id));
      expect(shown(watched).at(-1)?.state).toBe('completed');
      expect(watched.events.at(-1)?.event).toBe('end');
    }
    expect(ada.text).toContain(SECRET);
    for (const watched of [boss, ben, nobody, weak]) expect(watched.text).not.toContain(SECRET);
  });

  it('law-1: whoever loses session, key, role or account while they watch sees nothing that comes after', async () => {
    const id = await ready();
    const { sessions } = company.services;
    const session = await sessions.signInDemo(1, 'ada');
    const { key = '', id: keyId = '' } = await sessions.addKey(by('ada'), session, {
      label: 'reads',
      actions: ['read'],
      days: 1,
    });
    const watchers = await Promise.all([
      watch(id, { cookie: `belay_session=${session}` }),
      watch(id, { authorization: `Bearer ${key}` }),
      watch(id, await credentials('boss')),
    ]);
    await until(() => watchers.every(({ events }) => events.length === 1));
    await sessions.signOut(1, session);
    await sessions.removeKey(by('ada'), keyId);
    await execute(sql`delete from principal_closure c using principal p where p.tenant_id = 1 and p.kind = 'role'
      and p.name = 'admin' and c.principal_id = p.principal_id and c.member_id = ${by('boss').person}`);
    await company.services.runs.start(by('ada'), id);
    await Promise.all(watchers.map(({ ended }) => ended));
    const endings = watchers.map(({ events }) => events.at(-1)?.data as { code: string });
    expect(endings.map(({ code }) => code)).toEqual(['auth.required', 'auth.required', 'not-found']);
    for (const watched of watchers) expect(shown(watched).map(({ state }) => state)).toEqual(['ready']);
    await execute(sql`insert into principal_closure (tenant_id, principal_id, member_id)
      select 1, principal_id, ${by('boss').person} from principal where tenant_id = 1 and kind = 'role' and name = 'admin'`);
  });

  it('law-1: is closed within seconds to whoever loses the right, also while nothing happens', async () => {
    const id = await ready();
    const session = await company.services.sessions.signInDemo(1, 'ada');
    const watched = await watch(id, { cookie: `belay_session=${session}` });
    await until(() => watched.events.length === 1);
    await company.services.sessions.signOut(1, session);
    await Promise.race([watched.ended, sleep(15_000, undefined, { ref: false })]);
    expect(watched.events.at(-1)).toMatchObject({ event: 'error', data: { code: 'auth.required' } });
  });

  it('goes on where it was left, without saying again what is known', async () => {
    const id = await ready('Resumed');
    const ada = await credentials('ada');
    const first = await watch(id, ada);
    await until(() => first.events.length === 1);
    first.leave();
    const { id: last } = first.events[0] ?? { id: '' };
    const second = await watch(id, ada, last);
    await company.services.runs.start(by('ada'), id);
    await second.ended;
    expect(shown(second)[0]?.state).not.toBe('ready');
    expect(shown(second).at(-1)?.state).toBe('completed');
    const known = second.events.filter(({ event }) => event === 'run').at(-1)?.id ?? '';
    const third = await watch(id, ada, known);
    await third.ended;
    expect(third.events.map(({ event }) => event)).toEqual(['end']);
    const lost = await watch(id, ada, 'of another time');
    await lost.ended;
    expect(lost.events.map(({ event }) => event)).toEqual(['run', 'end']);
  });

  it('shows what a switch stopped, and ends', async () => {
    const id = await ready('Never');
    const watched = await watch(id, await credentials('ada'));
    const [kill] = await company.services.kills.set(by('boss'), {
      scope: 'person',
      target: 'ada',
      reason: 'a drill',
    });
    await company.services.runs.start(by('ada'), id);
    await watched.ended;
    expect(shown(watched).at(-1)).toMatchObject({ state: 'killed', reason: 'Stopped: a drill' });
    await company.services.kills.lift(by('boss'), kill?.id ?? 0);
  });

  it('is followed over as many connections as it takes, and refuses one person too many of them', async () => {
    const id = await ready('Followed');
    const ada = await credentials('ada');
    const watchers = await Promise.all(Array.from({ length: 8 }, () => watch(id, ada)));
    expect(watchers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    const ninth = await watch(id, ada);
    await ninth.ended;
    expect([ninth.status, (await watch(id, await credentials('boss'))).status]).toEqual([429, 200]);
    expect(ninth.text).not.toContain('Followed');
    for (const watched of watchers) watched.leave();
    await until(async () => {
      const again = await watch(id, ada);
      again.leave();
      return again.status === 200;
    });
    const seen: RunEvent[] = [];
    const cuts: AbortController[] = [];
    const connect = async (last: string): Promise<ReadableStream<Uint8Array>> => {
      const cut = new AbortController();
      const response = await fetch(`${address}/v1/runs/${id}/events`, {
        headers: { ...ada, 'last-event-id': last },
        signal: cut.signal,
      });
      cuts.push(cut);
      return response.body as ReadableStream<Uint8Array>;
    };
    for await (const event of followRun(connect, new AbortController().signal)) {
      seen.push(event);
      if (seen.length > 1) continue;
      cuts[0]?.abort();
      await company.services.runs.start(by('ada'), id);
    }
    expect(cuts).toHaveLength(2);
    expect(
      seen
        .map(({ event, data }) => ('state' in data ? data.state : event))
        .filter((one, at, all) => one !== all[at - 1]),
    ).toEqual(expect.arrayContaining(['ready', 'completed', 'end']));
  });
});
