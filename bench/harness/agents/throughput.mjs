import { setTimeout as sleep } from 'node:timers/promises';
import { rounded } from '../statistics.mjs';
import { call } from './things.mjs';

const LIMIT_MS = 240_000;

/** Many runs that are open at once, of several people, half of their steps with an effect: steps a second. */
export async function measureThroughput(world, { people, runs, each }, say) {
  const { services } = world;
  const ids = [];
  for (let index = 0; index < runs; index += 1) {
    const actor = world.people[people[index % people.length]];
    const steps = Array.from({ length: each }, (_, step) =>
      call(`s${step}`, step % 2 ? 'create-thing' : 'find-things', `t${index}-${step}`),
    );
    const { id } = await services.runs.create(actor, { title: `run ${index}`, steps });
    ids.push({ id, actor });
  }
  await until(world, `state <> 'planned'`, runs);
  const started = performance.now();
  for (const { id, actor } of ids) await services.runs.start(actor, id);
  const open = await count(world, `state in ('running', 'waiting')`);
  await until(world, `state in ('completed', 'failed')`, runs);
  const seconds = (performance.now() - started) / 1000;
  const [{ steps, from, to }] = await world.sql(
    `select count(*)::int as steps, extract(epoch from min(at)) as from, extract(epoch from max(at)) as to
     from run_journal where kind = 'succeeded' and run_id in (select run_id from agent_run where title like 'run %')`,
  );
  const figures = {
    open_runs: runs,
    open_when_all_were_started: open,
    completed_runs: await count(world, `state = 'completed'`),
    steps,
    steps_per_second: rounded(steps / (Number(to) - Number(from))),
    steps_per_second_with_starting: rounded(steps / seconds),
  };
  say(JSON.stringify(figures));
  return { figures };
}

async function count(world, where) {
  const [{ n }] = await world.sql(
    `select count(*)::int as n from agent_run where title like 'run %' and ${where}`,
  );
  return n;
}

async function until(world, where, wanted) {
  for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(250))
    if ((await count(world, where)) >= wanted) return;
  throw new Error(`${await count(world, where)} of ${wanted} runs came to: ${where}`);
}
