import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ToolContract } from '@belay/contracts';
import { CallLimiter, connectRedis, type Redis } from '@belay/queue';
import { startRedis } from '@belay/testing/redis';
import { SEARCH_CONTRACT } from '../documents/search-contract.js';
import { type Admission, AdmissionDesk } from './admission.js';
import { ALL_HOLD } from './bounds.js';

// So long that a busy machine is never taken for a Redis that is away.
const PATIENT = 60_000;

describe('calls under way', () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  let redis: Redis;
  let desk: AdmissionDesk;
  const contractOf = (contract: string, concurrency: number): ToolContract =>
    ToolContract.parse({
      ...SEARCH_CONTRACT,
      contract,
      peer: { ...SEARCH_CONTRACT.peer, id: 'desk' },
      limits: { ...SEARCH_CONTRACT.limits, concurrency },
    });
  const admit = (person: number, contract: ToolContract, purpose: 'do' | 'undo' = 'do'): Promise<Admission> =>
    desk.admit({ tenant: 1, person, contract, purpose });
  const isAdmitted = async (...asked: Parameters<typeof admit>): Promise<boolean> =>
    (await admit(...asked)).ok;

  beforeAll(async () => {
    server = await startRedis();
    redis = connectRedis({ redisUrl: undefined, sockets: server.sockets });
    desk = new AdmissionDesk(new CallLimiter(redis, PATIENT), ALL_HOLD);
  });
  beforeEach(() => redis.flushall());
  afterAll(() => {
    redis.disconnect();
    server.stop();
  });

  it('law-3: leave others half of what a contract allows at once, whoever makes them', async () => {
    const contract = contractOf('desk.look', 4);
    const first = await admit(1, contract);
    expect(await isAdmitted(1, contract)).toBe(true);
    expect(await admit(1, contract)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/your calls/),
    });
    expect(await isAdmitted(2, contract)).toBe(true);
    expect(await isAdmitted(2, contract)).toBe(true);
    expect(await admit(3, contract)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/the contract/),
    });
    if (first.ok) await first.done();
    expect(await isAdmitted(1, contract)).toBe(true);
  });

  it('law-3: are eight of one person at once, of whatever contracts, and taking back has places of its own', async () => {
    const contracts = Array.from({ length: 9 }, (_, at) => contractOf(`desk.look-${at}`, 1));
    const admitted = await Promise.all(contracts.map((contract) => isAdmitted(1, contract)));
    expect(admitted.filter((is) => is)).toHaveLength(8);
    const left = contracts.find((_, at) => admitted[at] === false) as ToolContract;
    expect(await isAdmitted(1, left, 'undo')).toBe(true);
    expect(await isAdmitted(2, left)).toBe(true);
  });
});
