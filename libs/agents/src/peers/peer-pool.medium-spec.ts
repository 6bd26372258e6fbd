import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type DefinitionChange, type StdioPeer, ToolContract } from '@belay/contracts';
import { DEFINITION, hostileContract } from '@belay/testing/hostile-peer';
import type { CallOutcome } from './call-outcome.js';
import { type Artifact, installArtifact } from './install-artifact.js';
import { PeerPool, type PoolBounds } from './peer-pool.js';

jest.setTimeout(120_000);

let home: string;
let artifact: Artifact;
let pool: PeerPool;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'belay-pool-'));
  artifact = await installArtifact('libs/testing/hostile-peer', home, process.cwd());
});
afterEach(() => pool.close());
afterAll(() => rmSync(home, { recursive: true, force: true }));

const contractOf = (behaviour: string, more: object = {}): ToolContract =>
  ToolContract.parse({ ...hostileContract(artifact, '2025', behaviour, behaviour), ...more });
const open = (bounds: Partial<PoolBounds> = {}): PeerPool => (pool = new PeerPool(home, bounds));
const call = (contract: ToolContract, more: object = {}): Promise<CallOutcome> =>
  pool.call({ holder: '1:1', contract, definition: DEFINITION, arguments: {}, key: 'k', ...more });
const done = (value: string): CallOutcome => ({ kind: 'result', value: { done: value } });
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
};
const effects = (behaviour: string): number => {
  const file = join(home, 'peer-data', behaviour, 'effects.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
};
/** How many processes there are in sandboxes of this file alone whose words are such. */
const processes = (isSo: (words: string[]) => boolean): number => {
  const found = readdirSync('/proc').filter((pid) => {
    try {
      const isSought = isSo(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'));
      return isSought && readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(basename(home));
    } catch {
      return false;
    }
  });
  // One that ended while others were looked at was not there together with them.
  return found.filter((pid) => existsSync(`/proc/${pid}`)).length;
};
/** How many of them run the hostile server with a behaviour. */
const running = (behaviour: string): number =>
  processes(
    (words) => words.includes('/peer/server.mjs') && words.includes(behaviour) && words[0] !== 'bwrap',
  );

describe('servers that are kept', () => {
  it('law-3: serve one person each, and the same process again', async () => {
    open();
    const contract = contractOf('counts');
    const outcomes = [await call(contract), await call(contract), await call(contract, { holder: '1:2' })];
    expect(outcomes).toEqual([done('1'), done('2'), done('1')]);
    expect(running('counts')).toBe(2);
  });

  it('start once for calls that come together', async () => {
    open();
    const contract = contractOf('counts');
    const outcomes = await Promise.all([call(contract), call(contract), call(contract)]);
    expect(outcomes).toEqual([done('1'), done('2'), done('3')]);
  });

  it('law-5: are not called by whom is late: it is asked when the server is there, and nothing left', async () => {
    open();
    const contract = contractOf('honest');
    const before = effects('honest');
    let isThere = false;
    const late = call(contract, {
      mayLeave: () => {
        isThere = running('honest') > 0;
        return false;
      },
    });
    expect(await late).toMatchObject({ kind: 'not-sent', reason: expect.stringMatching(/cancelled/) });
    expect([isThere, effects('honest') - before]).toEqual([true, 0]);
    let isReady = false;
    const ready = (): Promise<void> => Promise.resolve().then(() => void (isReady = true));
    expect(await call(contract, { ready, mayLeave: () => isReady })).toEqual(done('k'));
    expect(effects('honest') - before).toBeGreaterThan(0);
  });

  it('law-3: are ended at once while they start, and nothing is sent to them then', async () => {
    open();
    const waiting = call(contractOf('lists-late'));
    await until(() => running('lists-late') === 1);
    await pool.stop();
    expect(running('lists-late')).toBe(0);
    expect(await waiting).toMatchObject({ kind: 'not-sent' });
    expect(effects('lists-late')).toBe(0);
    expect(await call(contractOf('honest'))).toEqual(done('k'));
  });

  it('end when nobody calls them', async () => {
    open({ idleMs: 100 });
    await call(contractOf('counts'));
    await until(() => running('counts') === 0);
  });

  it('are so many at most: the longest idle one makes room, one at work does not', async () => {
    open({ most: 1 });
    const [first, second] = [contractOf('counts'), contractOf('honest')];
    await call(first);
    expect(await call(second)).toEqual(done('k'));
    expect(running('counts')).toBe(0);
    const hanging = call(contractOf('hang'), { holder: '1:3' });
    await until(() => running('hang') === 1);
    expect(await call(first)).toMatchObject({ kind: 'not-sent', reason: expect.stringMatching(/at work/) });
    expect(await hanging).toMatchObject({ kind: 'unknown' });
  });

  it('count as at work while they are asked what they offer, and do not say', async () => {
    open({ most: 1, idleMs: 50 });
    const stalls = contractOf('lists-once').peer;
    const had = effects('lists-once');
    const asked = pool.offer(stalls, 'registry').catch((error: unknown) => error);
    await until(() => effects('lists-once') > had);
    expect(await call(contractOf('counts'))).toMatchObject({
      kind: 'not-sent',
      reason: expect.stringMatching(/at work/),
    });
    expect(running('lists-once')).toBe(1);
    await pool.stop();
    expect(await asked).toMatchObject({ code: 'peers.unavailable' });
    expect(await call(contractOf('counts'))).toEqual(done('1'));
  });

  it('are others after a call that has no answer', async () => {
    open();
    const contract = contractOf('hang');
    expect(await call(contract)).toMatchObject({ kind: 'unknown' });
    expect(running('hang')).toBe(0);
  });

  it('are started again when they ended in between', async () => {
    open();
    const contract = contractOf('counts');
    await call(contract);
    await pool.stop({ peer: 'hostile' });
    expect(running('counts')).toBe(0);
    expect(await call(contract)).toEqual(done('1'));
  });

  it('leave nothing behind: children in sessions of their own, and those that ignore signals', async () => {
    open();
    await Promise.all([call(contractOf('forks-grandchildren')), call(contractOf('ignores-sigterm'))]);
    const sleepers = (): number =>
      processes(
        ([shell, , script]) => shell === '/bin/sh' && script?.startsWith('trap "" TERM HUP;') === true,
      );
    // A shell is there twice while it starts another program.
    await until(() => sleepers() === 3);
    await pool.close();
    expect([sleepers(), running('ignores-sigterm')]).toEqual([0, 0]);
  });
});

describe('a call', () => {
  it('carries its key as the argument of the contract and beside it', async () => {
    open();
    const idempotency = { mode: 'key', argument: '/inner/key' };
    const outcome = await call(contractOf('tells', { idempotency }), { arguments: { inner: { a: 1 } } });
    const told = JSON.parse(outcome.kind === 'result' ? (outcome.value as { done: string }).done : 'null');
    expect(told).toMatchObject({
      name: 'act',
      arguments: { inner: { a: 1, key: 'k' } },
      _meta: { 'org.belay/idempotencyKey': 'k' },
    });
  });

  it('has no further argument where repeating does no harm, and no prototype of another', async () => {
    open();
    const natural = await call(contractOf('tells', { idempotency: { mode: 'natural' } }));
    expect(JSON.stringify(natural)).toContain('\\"arguments\\":{}');
    const hostile = { idempotency: { mode: 'key', argument: '/__proto__/key' } };
    expect(JSON.stringify(await call(contractOf('tells', hostile)))).toContain('__proto__');
    expect(({} as { key?: string }).key).toBeUndefined();
  });

  it('is not sent once it is cancelled, and unknown when it was', async () => {
    open();
    const before = await call(contractOf('honest'), { signal: AbortSignal.abort() });
    expect(before).toMatchObject({ kind: 'not-sent' });
    const control = new AbortController();
    const contract = contractOf('hang', { limits: { ...contractOf('hang').limits, timeoutMs: 60_000 } });
    const had = effects('hang');
    const calling = call(contract, { signal: control.signal });
    await until(() => effects('hang') > had);
    control.abort();
    expect(await calling).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/cancelled/) });
    expect(running('hang')).toBe(0);
  });

  it('ends when its server gives no sign, long before its time is over', async () => {
    open();
    const limits = { ...contractOf('hang').limits, timeoutMs: 60_000, idleMs: 300 };
    expect(await call(contractOf('hang', { limits }))).toMatchObject({
      kind: 'unknown',
      reason: expect.stringMatching(/sign of working/),
    });
  });

  it('law-5: is not broken off by the end of another, nor by whoever calls next', async () => {
    open();
    const waits = (key: string, more: object = {}): Promise<CallOutcome> =>
      call(contractOf('waits-for-word'), { key, ...more });
    const control = new AbortController();
    const gone = waits('gone', { signal: control.signal });
    const stays = waits('stays');
    await until(() => effects('waits-for-word') === 2);
    control.abort();
    expect(await gone).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/cancelled/) });
    // Whoever did not answer is asked nothing more, and is there as long as somebody waits for it.
    const next = waits('next');
    await until(() => effects('waits-for-word') === 3);
    expect(running('waits-for-word')).toBe(2);
    for (const key of ['stays', 'next'])
      writeFileSync(join(home, 'peer-data', 'waits-for-word', `answer-${key}`), '');
    expect([await stays, await next]).toEqual([done('stays'), done('next')]);
    expect([effects('waits-for-word'), running('waits-for-word')]).toEqual([3, 1]);
  });

  it('law-3: is ended with all others, also on a server that is asked nothing more', async () => {
    open({ most: 2 });
    const control = new AbortController();
    const limits = { ...contractOf('hang').limits, timeoutMs: 60_000 };
    const hang = (more: object): Promise<CallOutcome> => call(contractOf('hang', { limits }), more);
    const had = effects('hang');
    const gone = hang({ signal: control.signal });
    const stays = hang({});
    await until(() => effects('hang') - had === 2);
    control.abort();
    await gone;
    const next = hang({});
    await until(() => effects('hang') - had === 3);
    expect(await call(contractOf('counts'))).toMatchObject({
      kind: 'not-sent',
      reason: expect.stringMatching(/at work/),
    });
    await pool.stop({ holder: '1:1' });
    expect([await stays, await next]).toMatchObject([{ kind: 'unknown' }, { kind: 'unknown' }]);
    expect(running('hang')).toBe(0);
  });

  it('law-3: is unknown when its server is stopped under it', async () => {
    open();
    const had = effects('hang');
    const calling = call(contractOf('hang', { limits: { ...contractOf('hang').limits, timeoutMs: 60_000 } }));
    await until(() => effects('hang') > had);
    await pool.stop({ holder: '1:1' });
    expect(await calling).toMatchObject({ kind: 'unknown' });
  });

  it('law-3: ends its server when all of its processes together take more memory than it has', async () => {
    open();
    const limits = { ...contractOf('children-take-memory').limits, timeoutMs: 20_000 };
    expect(await call(contractOf('children-take-memory', { limits }))).toMatchObject({
      kind: 'unknown',
      reason: expect.stringMatching(/took more memory than its contract gives/),
    });
    expect(running('children-take-memory')).toBe(0);
  });

  it('law-3: ends its server when that fills its folders, and it is not started again', async () => {
    open();
    const [document, limits] = [
      contractOf('fills-folder'),
      { ...contractOf('hang').limits, timeoutMs: 20_000 },
    ];
    const peer = document.peer as StdioPeer;
    const mounts = peer.mounts.map((mount) => ({ ...mount, maxMb: 20 }));
    const small = contractOf('fills-folder', { peer: { ...peer, mounts }, limits });
    expect(await call(small)).toMatchObject({
      kind: 'unknown',
      reason: 'The server filled its folders with more than they may hold, and was ended.',
    });
    expect(await call(small)).toMatchObject({
      kind: 'not-sent',
      reason: expect.stringMatching(/not started: the folder fills-folder holds more than 20 MB/),
    });
  });

  it('is not sent to a tool that only runs as a task', async () => {
    open();
    const definition = { ...DEFINITION, execution: { taskSupport: 'required' } };
    expect(await call(contractOf('honest'), { definition })).toMatchObject({ kind: 'needs-input' });
    expect(running('honest')).toBe(0);
  });

  it.each([
    ['json', 'no-structured-content', { done: 'x' }],
    ['text', 'no-structured-content', { text: '{"done":"x"}' }],
    ['text', 'plain-text', { text: 'done' }],
  ])('takes its %s of %s where the contract says so', async (from, behaviour, value) => {
    open();
    const contract = contractOf(behaviour, { output: { from, schema: { type: 'object' }, maxBytes: 1000 } });
    expect(await call(contract)).toEqual({ kind: 'result', value });
  });

  it.each([
    ['2020-12, where none is declared', { prefixItems: [{ const: 1 }] }],
    ['2020-12', { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ const: 1 }] }],
    ['draft-07', { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ const: 1 }] }],
  ])('is judged by the keywords of %s', async (_dialect, { $schema, ...rule }: Record<string, unknown>) => {
    open();
    const schema = { ...($schema ? { $schema } : {}), properties: { done: rule } };
    const judged = await call(contractOf('tuple', { output: { schema, maxBytes: 1000 } }));
    expect(judged).toMatchObject({
      kind: 'invalid',
      reason: expect.stringMatching(/see #\/properties\/done/),
    });
  });

  it.each([null, 0, false, ''])('may have %p for a result', async (value) => {
    open();
    const name = value === null ? 'null' : value === 0 ? 'zero' : value === false ? 'false' : 'text';
    const output = { schema: { const: value }, maxBytes: 10 };
    expect(await call(contractOf(`falsy-${name}`, { output }))).toEqual({ kind: 'result', value });
    const other = { schema: { const: 'other' }, maxBytes: 10 };
    expect(await call(contractOf(`falsy-${name}`, { output: other }))).toMatchObject({ kind: 'invalid' });
  });
});

describe('a definition that changes', () => {
  const isDrift = {
    kind: 'drift',
    changes: [{ at: '/description', was: 'Does it', is: 'Does something else' }],
  };

  it('law-3: is found before a call when it is announced, and told while nobody calls', async () => {
    const told: DefinitionChange[][] = [];
    open({ onDrift: (_contract, changes) => void told.push(changes) });
    const contract = contractOf('changes-after-list');
    expect(await call(contract)).toEqual(done('k'));
    await until(() => told.length > 0);
    expect(told[0]).toEqual(isDrift.changes);
    expect(await call(contract)).toEqual(isDrift);
  });

  it('law-3: is told also where the other definition cannot be written as JSON', async () => {
    const told: DefinitionChange[][] = [];
    open({ onDrift: (_contract, changes) => void told.push(changes) });
    const contract = contractOf('changes-to-half-a-surrogate');
    expect(await call(contract)).toEqual(done('k'));
    await until(() => told.length > 0);
    expect(told[0]).toEqual([{ at: '/description', was: 'Does it', is: 'Does ⟨U+D800⟩' }]);
    expect(await call(contract)).toMatchObject({ kind: 'drift' });
  });

  it('law-3: is found before a call when what was seen is old, announced or not', async () => {
    open({ freshMs: 200 });
    const contract = contractOf('changes-silently');
    expect(await call(contract)).toEqual(done('k'));
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await call(contract)).toEqual(isDrift);
  });

  it('shows what nobody would see', async () => {
    open();
    const outcome = await call(contractOf('poisoned-description'));
    expect(JSON.stringify(outcome)).toContain('⟨U+E0049 \\"I\\"⟩');
    expect(JSON.stringify(outcome)).not.toMatch(/[\u{e0000}-\u{e007f}\u202e]/u);
  });
});

describe('a server that nobody approved', () => {
  it('is asked what it offers with empty folders, and never the process that has others', async () => {
    open();
    const peer = contractOf('counts').peer as StdioPeer;
    const bare = { ...peer, mounts: peer.mounts.map((mount) => ({ ...mount, name: 'never-made' })) };
    expect((await pool.offer(bare, 'registry', true)).tools).toHaveLength(1);
    expect(existsSync(join(home, 'peer-data', 'never-made'))).toBe(false);
    await pool.offer(bare, 'registry');
    expect(existsSync(join(home, 'peer-data', 'never-made'))).toBe(true);
    expect(running('counts')).toBe(2);
  });
});

it('counts servers when many are wanted at once', async () => {
  open({ most: 2, idleMs: 60_000 });
  const contract = contractOf('counts');
  const holders = Array.from({ length: 6 }, (_, n) => `1:${n}`);
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, running('counts'))), 20);
  const outcomes = await Promise.all(holders.map((holder) => call(contract, { holder })));
  clearInterval(watch);
  expect(most).toBeLessThanOrEqual(2);
  expect(outcomes.filter(({ kind }) => kind === 'result').length).toBeGreaterThanOrEqual(2);
  expect(outcomes.filter(({ kind }) => kind !== 'result' && kind !== 'not-sent')).toEqual([]);
});
