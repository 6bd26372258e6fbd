import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ToolContract } from '@belay/contracts';
import { canBoundTogether } from '@belay/isolation';
import { DEFINITION, EXPECTED, hostileContract } from '@belay/testing/hostile-peer';
import type { CallOutcome } from './call-outcome.js';
import { type Artifact, installArtifact } from './install-artifact.js';
import { PeerPool } from './peer-pool.js';

jest.setTimeout(120_000);

type Era = '2025' | '2026';
let home: string;
let artifact: Artifact;
let pool: PeerPool;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'belay-hostile-'));
  artifact = await installArtifact('libs/testing/hostile-peer', home, process.cwd());
  pool = new PeerPool(home);
});
afterAll(async () => {
  await pool.close();
  rmSync(home, { recursive: true, force: true });
});

function contractOf(era: Era, behaviour: string): ToolContract {
  return ToolContract.parse(hostileContract(artifact, era, behaviour, `${behaviour}-${era}`));
}

const key = 'the-key';
const AT_ONCE = 4;

/** The keys of the effects that the server had. */
function effectsOf(era: Era, behaviour: string): string[] {
  const file = join(home, 'peer-data', `${behaviour}-${era}`, 'effects.jsonl');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { key: string }).key);
}

describe.each<Era>(['2025', '2026'])('a hostile server of %s', (era) => {
  const outcomes = new Map<string, CallOutcome>();
  // Most of the time is that of starting processes, so several are tried at once.
  beforeAll(async () => {
    const left = Object.keys(EXPECTED);
    const work = async (): Promise<void> => {
      for (let behaviour = left.shift(); behaviour !== undefined; behaviour = left.shift()) {
        const [holder, contract] = [`1:${behaviour}`, contractOf(era, behaviour)];
        outcomes.set(
          behaviour,
          await pool.call({ holder, contract, definition: DEFINITION, arguments: {}, key }),
        );
        await pool.stop({ holder });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  });

  it.each(Object.entries(EXPECTED))('%s', (behaviour, { kind, effects, patient = false }) => {
    const outcome = outcomes.get(behaviour);
    expect(outcome).toMatchObject({ kind });
    const had = effectsOf(era, behaviour);
    expect(new Set(had).size).toBeLessThanOrEqual(1);
    expect(had.every((one) => one === key)).toBe(true);
    expect(had.length).toBeLessThanOrEqual(effects);
    // In a short time a busy machine may not even have begun.
    if (patient) expect(had.length).toBe(effects);
    expect(JSON.stringify(outcome)).not.toContain('IGNORE');
  });

  it('says in our words what came of it', () => {
    const reasons = [...outcomes.values()].flatMap((outcome) =>
      'reason' in outcome ? [outcome.reason] : [],
    );
    expect(reasons.filter((reason) => !/^[A-Z][\w ,.:;#/]+\.$/.test(reason))).toEqual([]);
  });

  // A single process fails by its own limit where there are no control groups, and does not say why.
  it.each(['children-take-memory', ...(canBoundTogether() ? ['takes-memory'] : [])])(
    'says of what %s that it was too much',
    (behaviour) => {
      expect(outcomes.get(behaviour)).toMatchObject({
        reason: expect.stringMatching(/took more memory than/),
      });
    },
  );

  it('finds nothing of the machine', () => {
    const said = (behaviour: string): unknown => {
      const outcome = outcomes.get(behaviour);
      const { done } = (outcome?.kind === 'result' ? outcome.value : {}) as { done?: string };
      return JSON.parse(done ?? 'null');
    };
    expect(said('opens-sockets')).toEqual({
      address: 'ENETUNREACH',
      metadata: 'ENETUNREACH',
      loopback: 'ECONNREFUSED',
      redis: 'ENOENT',
      name: expect.stringMatching(/^E/),
    });
    expect(said('reads-environment')).toMatchObject({ own: ['HOME', 'LANG', 'PATH', 'PWD'], uid: 65534 });
    const { groups } = said('reads-environment') as { groups: string[] };
    // Where the machine keeps it is not told.
    expect(groups.filter((line) => !line.endsWith(':/'))).toEqual([]);
    expect(said('fills-disk')).toEqual({
      full: 'ENOSPC',
      large: 'EFBIG',
      shared: 'ENOSPC',
      outside: 'EROFS',
    });
    expect(said('forks-without-end')).toMatchObject({ failed: 'EAGAIN' });
    const { started } = said('forks-without-end') as { started: number };
    expect(started).toBeLessThan(128);
  });
});
