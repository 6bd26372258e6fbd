import type { Run, RunState, StepState } from '@belay/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { build, FATES, type Fate, predict, type Script, shapesOf } from './random-plans-spec.js';
import { RandomWorld } from './random-world-spec.js';

const RUN_MOVES: Readonly<Partial<Record<string, readonly RunState[]>>> = {
  planned: ['ready', 'failed', 'killed'],
  ready: ['running', 'killed'],
  running: [
    'waiting',
    'awaiting-approval',
    'needs-input',
    'suspended',
    'completed',
    'failed',
    'denied',
    'killed',
    'needs-operator',
  ],
  waiting: ['running', 'killed'],
  'awaiting-approval': ['running', 'killed'],
  'needs-input': ['running', 'killed'],
  suspended: ['running', 'killed'],
  completed: ['compensating'],
  failed: ['compensating'],
  denied: ['compensating'],
  killed: ['compensating'],
  'needs-operator': ['compensating'],
  'partially-compensated': ['compensating'],
  'not-compensated': ['compensating'],
  compensating: ['compensated', 'partially-compensated', 'not-compensated', 'needs-operator'],
};
const ENDS: readonly StepState[] = ['compensated', 'compensation-failed', 'not-compensable'];
const BACK: readonly StepState[] = ['compensation-intended', ...ENDS];
const STEP_MOVES: Readonly<Partial<Record<string, readonly StepState[]>>> = {
  proposed: ['intended', 'awaiting-approval', 'failed', 'skipped'],
  'awaiting-approval': ['intended', 'failed', 'proposed', 'skipped'],
  // What nobody answered is not asked any more once its run has ended.
  asking: ['succeeded', 'skipped'],
  intended: ['succeeded', 'failed', 'unknown', 'proposed', 'awaiting-approval', ...BACK],
  unknown: ['intended', 'succeeded', 'failed', ...BACK],
  succeeded: BACK,
  'compensation-intended': [...ENDS, 'succeeded', 'unknown'],
  // Whoever asks again has it tried again.
  'compensation-failed': BACK,
};
const NOT_THERE = new Set<string | undefined>([
  undefined,
  'failed',
  'proposed',
  'awaiting-approval',
  'compensated',
]);
const WAITING: readonly StepState[] = ['asking', 'awaiting-approval'];
const WITH_ENDS: readonly RunState[] = ['failed', 'denied', 'needs-operator'];
const death = fc.record({
  of: fc.constantFrom('transaction' as const, 'call' as const),
  at: fc.integer({ min: 1, max: 24 }),
  when: fc.constantFrom('before' as const, 'after' as const),
});
const DONE_OR_REFUSED = fc.constantFrom<Fate[][]>([], [], [], ['refused', 'refused', 'refused', 'refused']);
const ANY_FATE = fc.oneof(fc.constant<Fate[]>([]), fc.array(fc.constantFrom(...FATES), { maxLength: 2 }));

/** Somebody stops a run and takes it back while its first call is still under way. */
const TAKEN_BACK_UNDER_WAY = {
  shape: [1, 2].map(() => ({ kind: 'make' as const, tool: 'k' as const, fates: [] })),
  ...{ deny: 0, deaths: [], undoing: [], undo: 'at-once' as const },
  ...{ cancelAt: 1, killAt: undefined, left: undefined },
};

type Lived = Awaited<ReturnType<RandomWorld['live']>>;

/** What must not be, however a run went. */
function wrongOf({ run, server, moves, keys }: Lived, left: number | undefined): string[] {
  const there = new Set(server.things.map(({ key }) => key));
  return [
    ...[...server.made]
      .filter(([, times]) => times > 1)
      .map(([key, times]) => `${key} took effect ${times} times`),
    ...(run.cost > run.budget ? ['it cost more than its budget'] : []),
    ...(left !== undefined && server.made.size > left
      ? [`${server.made.size} were made, and ${left} were left`]
      : []),
    ...(run.state === 'compensated' && there.size > 0 ? ['it says that all was taken back'] : []),
    ...[...there]
      .filter((key) => NOT_THERE.has(keys.get(key)))
      .map((key) => `a thing is there, and its step ${keys.get(key)}`),
    ...[...keys]
      .filter(([key, state]) => state === 'succeeded' && !there.has(key))
      .map(() => 'a step succeeded, and nothing is there'),
    ...run.steps
      .filter(({ state }) => WAITING.includes(state))
      .map(({ state }) => `a step is ${state} after its run has ended`),
    ...moves
      .filter(({ what, was, now }) => {
        const allowed: readonly string[] = (what === 'run' ? RUN_MOVES : STEP_MOVES)[was] ?? [];
        return !allowed.includes(now);
      })
      .map(({ what, was, now }) => `a ${what} went from ${was} to ${now}`),
  ];
}

const effectsOf = ({ steps }: Run): string[] =>
  steps
    .filter(({ effect, state }) => effect !== null && effect !== 'read' && state === 'succeeded')
    .map(({ id }) => id)
    .sort();

/** Whether a run ended as the model says; of branches that end it, whichever comes first does. */
function expectPredicted(run: Run, script: Script, deny: number, isInterrupted: boolean): void {
  const { state, done } = predict(script, deny);
  const isSideBySide = JSON.stringify(script.nodes).includes('"together"');
  // Where the refusal of a call was not heard, that of the next attempt says nothing of the first one.
  if (state === 'failed' && isInterrupted) return expect(WITH_ENDS).toContain(run.state);
  if (state !== 'completed' && isSideBySide) return expect(WITH_ENDS).toContain(run.state);
  expect({ state: run.state, done: effectsOf(run) }).toEqual({ state, done: [...done].sort() });
}

/** Random plans, each carried out under random fortunes; the same for the same seed. */
export function describeRandomRuns(
  kinds: readonly ('embedded' | 'native')[],
  seeds: readonly number[],
  runs: number,
): void {
  describe.each(kinds)('random plans on %s PostgreSQL', (kind) => {
    let world: RandomWorld;
    let count = 0;
    beforeAll(async () => {
      world = await RandomWorld.start(kind);
    }, 120_000);
    afterAll(() => world?.stop(), 60_000);

    it.each(seeds)(
      'law-5: end as a model without rows, leases and time says, whoever ends on the way (%s)',
      async (seed) => {
        const fortunes = fc.record({
          shape: shapesOf(['k', 'i'], DONE_OR_REFUSED),
          deny: fc.integer({ min: 0, max: 2 }),
          deaths: fc.array(death, { maxLength: 2 }),
        });
        await fc.assert(
          fc.asyncProperty(fortunes, async ({ shape, deny, deaths }) => {
            const script = build(shape, `a${(count += 1)}`);
            const lived = await world.live({ script, deny, deaths, undo: 'no', undoing: [] });
            expect([...world.wrong, ...wrongOf(lived, undefined)]).toEqual([]);
            expectPredicted(lived.run, script, deny, deaths.length > 0);
          }),
          { seed, numRuns: runs, endOnFailure: true },
        );
      },
    );

    it.each(seeds)(
      'law-3: have one effect for one intent, within their bounds, and are taken back (%s)',
      async (seed) => {
        const fortunes = fc.record({
          shape: shapesOf(['k', 'p', 'i'], ANY_FATE),
          deny: fc.integer({ min: 0, max: 2 }),
          deaths: fc.array(death, { maxLength: 3 }),
          killAt: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined, freq: 1 }),
          cancelAt: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 1 }),
          left: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined, freq: 1 }),
          undo: fc.constantFrom('no' as const, 'end' as const, 'end' as const, 'at-once' as const),
          undoing: fc.array(fc.constantFrom(...FATES), { maxLength: 3 }),
        });
        await fc.assert(
          fc.asyncProperty(fortunes, async ({ shape, ...fortune }) => {
            const lived = await world.live({ script: build(shape, `b${(count += 1)}`), ...fortune });
            expect([...world.wrong, ...wrongOf(lived, fortune.left)]).toEqual([]);
          }),
          { seed, numRuns: runs, endOnFailure: true, examples: [[TAKEN_BACK_UNDER_WAY]] },
        );
      },
    );
  });
}
