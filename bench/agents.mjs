/**
 * What bounds cost: a call in a run against the same call made directly on the same server in the same run of the
 * bench (targets: 10 ms more at the median, 25 ms at p95, on a native PostgreSQL that commits durably); how many steps
 * a second many open runs make (target: 200 runs, 100 steps/s, against a server on this machine); and whether dry runs
 * have any effect (target: none counted by the server, no byte sent by it).
 *
 *   npm run bench -- agents [--steps 200] [--runs 260] [--each 10]
 */
import { parseArgs } from 'node:util';
import { startAgent, killNow } from './harness/agents/agent-process.mjs';
import { startWorld } from './harness/agents/agent-world.mjs';
import { measureDryRuns } from './harness/agents/dry-runs.mjs';
import { measureOverhead } from './harness/agents/overhead.mjs';
import { measureThroughput } from './harness/agents/throughput.mjs';
import { THINGS } from './harness/agents/things.mjs';

const TARGETS = { p50: 10, p95: 25, stepsPerSecond: 100 };
const FLAGS = {
  steps: { type: 'string', default: '200' },
  runs: { type: 'string', default: '260' },
  each: { type: 'string', default: '10' },
};

export async function measure(options, say) {
  const { steps, runs, each } = parseArgs({ args: options, options: FLAGS }).values;
  const people = Array.from({ length: 8 }, (_, index) => `person-${index}`);
  const world = await startWorld(say, { native: true, durable: true, people });
  try {
    await world.install([THINGS], () => true);
    const agent = await startAgent(world);
    try {
      const overhead = {};
      for (const contract of ['find-things', 'create-thing'])
        overhead[contract] = await measureOverhead(world, { contract, steps: Number(steps) }, say);
      const dry = await measureDryRuns(world, say);
      const throughput = await measureThroughput(
        world,
        { people, runs: Number(runs), each: Number(each) },
        say,
      );
      return report(overhead, dry, throughput);
    } finally {
      await killNow(agent);
    }
  } finally {
    await world.close();
  }
}

function report(overhead, dry, throughput) {
  const [read, effect] = [overhead['find-things'].figures, overhead['create-thing'].figures];
  const figures = {
    ...named('read', read),
    ...named('effect', effect),
    ...throughput.figures,
    ...dry,
  };
  const isFast = [read, effect].every(({ p50, p95 }) => p50 < TARGETS.p50 && p95 < TARGETS.p95);
  const isPure = dry.dry_effects === 0 && dry.dry_bytes_sent === 0 && dry.dry_native_calls > 0;
  const ok = isFast && isPure && throughput.figures.steps_per_second >= TARGETS.stepsPerSecond;
  return { ok, figures, raw: { overhead, throughput }, database: 'native' };
}

const named = (kind, { p50, p95, direct_p50: direct, step_p50: step, n }) => ({
  [`${kind}_overhead_p50_ms`]: p50,
  [`${kind}_overhead_p95_ms`]: p95,
  [`${kind}_direct_p50_ms`]: direct,
  [`${kind}_step_p50_ms`]: step,
  [`${kind}_n`]: n,
});
