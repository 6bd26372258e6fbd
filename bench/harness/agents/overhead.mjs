import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PeerPool } from '../../../libs/agents/dist/peers/peer-pool.js';
import { percentile, rounded } from '../statistics.mjs';
import { call } from './things.mjs';

const PER_RUN = 40;

/** Calls of one contract in runs, and in turns with them the same calls made directly on a server of their own. */
export async function measureOverhead(world, { contract, steps }, say) {
  const pool = new PeerPool(world.home);
  const direct = [];
  const inRuns = [];
  try {
    const pinned = await pinnedOf(world, `things.${contract}`);
    await callDirectly(pool, pinned, 5);
    await callInRun(world, contract, 5);
    for (let done = 0; done < steps; done += PER_RUN) {
      direct.push(...(await callDirectly(pool, pinned, PER_RUN)));
      inRuns.push(...(await callInRun(world, contract, PER_RUN)));
    }
  } finally {
    await pool.close();
  }
  const base = percentile(direct, 0.5);
  const more = inRuns.map((ms) => ms - base);
  const figures = {
    n: inRuns.length,
    p50: rounded(percentile(more, 0.5)),
    p95: rounded(percentile(more, 0.95)),
    direct_p50: rounded(base),
    direct_p95: rounded(percentile(direct, 0.95)),
    step_p50: rounded(percentile(inRuns, 0.5)),
  };
  say(`${contract}: ${JSON.stringify(figures)}`);
  return { figures, direct, inRuns };
}

async function pinnedOf(world, name) {
  const [row] = await world.sql('select document, definition from tool_contract where contract = $1', [name]);
  return { contract: row.document, definition: row.definition };
}

async function callDirectly(pool, pinned, count) {
  const times = [];
  for (let index = 0; index < count; index += 1) {
    const key = randomUUID();
    const started = performance.now();
    const outcome = await pool.call({ ...pinned, holder: '1:direct', arguments: { label: key }, key });
    times.push(performance.now() - started);
    if (outcome.kind !== 'result')
      throw new Error(`a direct call ended as ${outcome.kind}: ${outcome.reason}`);
  }
  return times;
}

/** Milliseconds from each result to the next one of a run, as its journal says. */
async function callInRun(world, contract, count) {
  const { employee } = world.people;
  const { runs } = world.services;
  const label = randomUUID();
  const nodes = Array.from({ length: count }, (_, index) => call(`s${index}`, contract, `${label}-${index}`));
  const { id } = await runs.create(employee, { title: 'overhead', steps: nodes });
  await finish(world, id);
  const entries = await world.sql(
    "select extract(epoch from at) * 1000 as at from run_journal where run_id = $1 and kind = 'succeeded' order by seq",
    [id],
  );
  if (entries.length !== count) throw new Error(`${entries.length} of ${count} steps of a run succeeded`);
  return entries.slice(1).map(({ at }, index) => Number(at) - Number(entries[index].at));
}

async function finish({ people, services: { runs } }, id) {
  for (;;) {
    const { state, reason } = await runs.get(people.employee, id);
    if (state === 'completed') return;
    if (state === 'ready') await runs.start(people.employee, id);
    if (!['planned', 'ready', 'running', 'waiting'].includes(state))
      throw new Error(`a run is ${state}: ${reason}`);
    // Seldom, so that asking takes nothing from what is measured.
    await sleep(200);
  }
}
