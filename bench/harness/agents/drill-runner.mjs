import { isDeepStrictEqual } from 'node:util';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PeerPool } from '../../../libs/agents/dist/peers/peer-pool.js';
import { RunHost } from '../../../libs/agents/dist/index.js';
import { Database } from '../../../libs/database/dist/index.js';
import { connectRedis, JobQueues } from '../../../libs/queue/dist/index.js';
import { loadConfig } from '../../../libs/config/dist/index.js';
import { contractName, KEY } from './contract-policy.mjs';
import { ObedientPlanner } from './obedient-planner.mjs';

const MOST_TURNS = 60;
const LONGEST_WAIT_MS = 3000;
const OVER = new Set([
  'completed',
  'failed',
  'denied',
  'killed',
  'needs-operator',
  'needs-input',
  'suspended',
]);
const silent = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
};

/** Who decides about what is held: nobody allows anything, somebody allows everything, or what the person asked for. */
export const APPROVERS = {
  none: () => false,
  all: () => true,
  asked: (call, drill) => drill.asked.some((one) => isSameCall(one, call)),
};

/** Runs cases on the engine of the product, with an obedient planner at its seam, and counts what servers recorded. */
export class DrillRunner {
  constructor(world) {
    const config = loadConfig(world.stack.environment);
    this.world = world;
    this.planners = new Map();
    this.off = new Set();
    this.redis = connectRedis(config);
    this.queues = new JobQueues(this.redis);
    this.database = new Database({ ...world.stack.connection, max: 6 });
    this.pool = new PeerPool(config.home, { most: 64 });
    const parts = { database: this.database, redis: this.redis, queues: this.queues, pool: this.pool };
    const holds = (bound) => !this.off.has(bound);
    const host = new RunHost({
      ...parts,
      tenant: 1,
      home: config.home,
      log: silent,
      planners: this.planners,
      holds,
    });
    this.engine = host.engine;
  }

  /** Carries a case out; `off` are bounds that do not hold meanwhile. */
  async run(drill, approver, off = []) {
    const { employee } = this.world.people;
    this.off = new Set(off);
    this.planners.set('obedient', new ObedientPlanner(drill, this.world.tools));
    const undo = await this.#prepare(drill);
    const log = { drill, asked: [], granted: [] };
    try {
      const { id } = await this.world.services.runs.openFor(employee, {
        task: drill.task,
        planner: 'obedient',
      });
      const state = await this.#carryOut(id, log, APPROVERS[approver]);
      return this.#judge(log, approver, { id, state });
    } finally {
      this.off = new Set();
      await undo();
    }
  }

  async #prepare({ answers, setting = {} }) {
    const { world } = this;
    world.answer(answers);
    const { kill, changed, quarantine } = setting;
    if (kill) {
      const reason = 'a drill';
      await world.services.kills.set(world.people.admin, { scope: 'peer', target: kill, reason });
    }
    const mark = changed && join(world.data(changed), 'changed');
    if (mark) {
      writeFileSync(mark, '');
      await this.pool.stop({ peer: changed });
    }
    return async () => {
      if (kill) {
        const [{ id }] = await world.services.kills.list(world.people.admin);
        await world.services.kills.lift(world.people.admin, id);
      }
      if (mark) {
        rmSync(mark);
        await this.pool.stop({ peer: changed });
      }
      if (changed || quarantine) await world.restore();
    };
  }

  async #carryOut(id, log, allows) {
    const { people, services } = this.world;
    for (let turn = 0; turn < MOST_TURNS; turn += 1) {
      await this.engine.advance(1, id);
      const { state, preview } = await services.runs.get(people.employee, id);
      if (OVER.has(state)) return state;
      if (state === 'ready' && this.#isDeclined(preview, log.drill)) return 'not started';
      if (state === 'ready') await services.runs.start(people.employee, id);
      if (state === 'waiting' && !(await this.#wait(id))) return state;
      if (state === 'awaiting-approval') await this.#decide(id, log, allows);
    }
    return 'endless';
  }

  /** Whether somebody who reads what a plan would do does not start it. */
  #isDeclined(preview, drill) {
    if (!drill.setting?.attentive) return false;
    const effects = preview.filter(({ effect }) => effect !== 'read');
    return effects.some(
      (step) => !APPROVERS.asked({ full: this.#toolOf(step.contract), arguments: step.arguments }, drill),
    );
  }

  /** Waits for a run that goes on by itself; false where that would take long. */
  async #wait(id) {
    const text = `select extract(epoch from wake_at - now()) * 1000 as ms from agent_run where run_id = $1`;
    const [{ ms }] = await this.world.sql(text, [id]);
    if (Number(ms) > LONGEST_WAIT_MS) return false;
    await sleep(Math.max(Number(ms), 0) + 5);
    return true;
  }

  /** An administrator decides, or, where that one may not read it, the person themselves. */
  async #decide(run, log, allows) {
    const { admin, employee } = this.world.people;
    if ((await this.#decideAs(admin, run, log, allows)) === 0)
      await this.#decideAs(employee, run, log, allows);
  }

  async #decideAs(actor, run, { drill, asked, granted }, allows) {
    const { approvals } = this.world.services;
    const { approvals: all } = await approvals.pending(actor);
    const own = all.filter((one) => one.run === run && one.mayDecide);
    for (const approval of own) {
      const { contract, arguments: given } = JSON.parse(approval.text);
      const call = { full: this.#toolOf(contract), arguments: given };
      if (drill.setting?.quarantine) await this.world.quarantine(drill.setting.quarantine);
      // What a switch stops cannot be allowed.
      const isGranted = approval.stopped === null && allows(call, drill);
      asked.push(call);
      if (isGranted) granted.push(call);
      const decision = isGranted ? 'grant' : 'deny';
      await approvals.decide(actor, approval.id, { digest: approval.digest, decision });
    }
    return own.length;
  }

  #toolOf(name) {
    const [contract] = name.split('@');
    return [...this.world.tools.values()].find((tool) => contractName(tool) === contract)?.full;
  }

  /** What came of it: calls that nobody asked for, and whether somebody allowed them. */
  #judge({ drill, asked, granted }, approver, { id, state }) {
    const calls = this.world.newCalls().filter(isFirst);
    const open = [...drill.asked];
    const allowed = [...granted];
    const result = {
      id: drill.id,
      run: id,
      approver,
      state,
      calls: calls.length,
      unauthorised: [],
      letThrough: [],
    };
    for (const call of calls) {
      const isAsked =
        take(open, (one) => isSameCall(one, call)) ||
        (!call.isEffect && drill.asked.some((one) => isSameCall(one, call)));
      const isGranted = take(allowed, (one) =>
        isSameCall({ tool: one.full, arguments: one.arguments }, call),
      );
      if (isAsked) continue;
      if (isGranted && !drill.setting?.never) result.letThrough.push(call.full);
      else result.unauthorised.push(nameOf(call));
    }
    const { most } = drill.setting ?? {};
    if (most) {
      const made = calls.filter(({ full }) => full === most.tool).length;
      result.letThrough = [];
      result.unauthorised = made > most.calls ? [`${most.tool} ${made} times`] : [];
    }
    const held = asked.filter((call) => drill.asked.some((one) => isSameCall(one, call))).length;
    return { ...result, isDone: open.length === 0, steps: drill.asked.length, held };
  }

  async close() {
    await this.pool.close();
    await this.queues.close();
    this.redis.disconnect();
    await this.database.close();
  }
}

// A call that is made again under its key is one call.
const isFirst = ({ key }, index, list) =>
  key === undefined || list.findIndex((one) => one.key === key) === index;
const nameOf = ({ full, arguments: given }) => `${full} ${JSON.stringify(given)}`.slice(0, 300);

function take(list, isIt) {
  const at = list.findIndex(isIt);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}

/** Whether a call is what was asked for; what refers to an earlier result may be anything. */
export function isSameCall(asked, { full, arguments: given }) {
  if (asked.tool !== full) return false;
  const rest = Object.fromEntries(Object.entries(given).filter(([name]) => name !== KEY));
  return matches(asked.arguments ?? {}, rest);
}

function matches(wanted, given) {
  if (typeof wanted !== 'object' || wanted === null) return isDeepStrictEqual(wanted, given);
  if ('$from' in wanted) return true;
  if (typeof given !== 'object' || given === null) return false;
  const names = new Set([...Object.keys(wanted), ...Object.keys(given)]);
  return [...names].every((name) => name in wanted && name in given && matches(wanted[name], given[name]));
}
