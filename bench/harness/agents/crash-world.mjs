import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { MerkleTree } from '../../../libs/audit/dist/merkle-tree.js';
import { sequenceLeaves } from '../../../libs/audit/dist/sequence-leaves.js';
import { verifyLedger } from '../../../libs/audit/dist/verify-ledger.js';
import { killNow, startAgent } from './agent-process.mjs';
import { startWorld } from './agent-world.mjs';
import { everyKind, THINGS } from './things.mjs';

const LOCK = 4711;
const WAIT_MS = 120_000;
const REACH_MS = 20_000;
// Less than a lease.
const SWITCHED_MS = 5000;
const DONE = ['completed', 'failed', 'denied', 'killed', 'needs-operator'];
const TAKEN_BACK = ['compensated', 'partially-compensated', 'not-compensated'];

// Holds a transaction that writes a named entry of a named run, or tells when it is committed.
const TRIGGER = `
create table drill_point (run_id uuid, seq int, how text);
create function drill_stop() returns trigger language plpgsql security definer as $$ begin
  if exists (select from drill_point p where p.run_id = new.run_id and p.seq = new.seq and p.how = 'before') then
    perform pg_advisory_xact_lock(${LOCK});
  end if;
  if exists (select from drill_point p where p.run_id = new.run_id and p.seq = new.seq and p.how = 'after') then
    perform pg_notify('drill', new.seq::text);
  end if;
  return new;
end $$;
create trigger drill_stop after insert on run_journal for each row execute function drill_stop();`;

/** One agent service at work on a native PostgreSQL, with a trigger in that database that says when to break it. */
export class CrashWorld {
  static async start(say) {
    const world = await startWorld(say, { native: true, durable: true });
    await world.install([THINGS], () => true);
    const lock = new pg.Client(world.stack.connection);
    await lock.connect();
    await lock.query(TRIGGER);
    await lock.query('listen drill');
    const found = new CrashWorld(world, lock);
    found.agent = await startAgent(world);
    return found;
  }

  constructor(world, lock) {
    this.world = world;
    this.lock = lock;
    this.turn = 0;
    this.file = (name) => join(world.data('things'), name);
  }

  /** Carries one run out and takes it back, and breaks the agent service once at the point. */
  async drill(point) {
    const label = `d${this.turn++}`;
    /** Calls that whoever was stopped has sent though another has made them since, or a switch stopped them. */
    this.late = 0;
    const started = performance.now();
    const { employee } = this.world.people;
    const { runs } = this.world.services;
    const { id } = await runs.create(employee, { title: label, steps: everyKind(label) });
    const reached = point.how === 'unbroken' ? Promise.resolve(true) : this.#break(id, label, point);
    const state = await this.#carryOut(id);
    const before = this.#effects(label);
    const after = await this.#takeBack(id, state);
    const isReached = await reached;
    return {
      ...point,
      reached: isReached,
      state: `${state}, ${after}`,
      ended: TAKEN_BACK.includes(after),
      ...(await this.#count(id, label, before)),
      late: point.how === 'stopped-before-send' ? this.#calls(label, point.tool) - 1 : this.late,
      seconds: Math.round((performance.now() - started) / 100) / 10,
    };
  }

  async #carryOut(id) {
    const { admin, employee } = this.world.people;
    const { runs, approvals } = this.world.services;
    for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(40)) {
      const { state } = await runs.get(employee, id);
      if (DONE.includes(state)) return state;
      if (state === 'ready') await runs.start(employee, id);
      if (state !== 'awaiting-approval') continue;
      const { approvals: waiting } = await approvals.pending(admin);
      for (const { id: approval, run, digest, state: its } of waiting)
        if (run === id && its === 'pending')
          await approvals.decide(admin, approval, { digest, decision: 'grant' });
    }
    return 'endless';
  }

  async #takeBack(id, state) {
    if (state === 'endless') return state;
    const { employee } = this.world.people;
    const { runs } = this.world.services;
    await runs.undo(employee, id);
    for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(40)) {
      const { state: now } = await runs.get(employee, id);
      if (TAKEN_BACK.includes(now)) return now;
    }
    return 'endless';
  }

  /** Waits for the point, then kills the agent service and starts another; or stops it until another has taken over. */
  async #break(run, label, point) {
    const isStop = !/^(before|after)/.test(point.how);
    const how = point.how.replace(/^(stopped|switched)-/, '');
    const free = await this.#arm(run, how, point);
    const isReached = await this.#reach(label, how, point);
    const former = this.agent;
    if (!isReached) {
      await free();
      return false;
    }
    if (isStop) former.kill('SIGSTOP');
    else await killNow(former);
    if (point.how.startsWith('switched')) return this.#switchedOff(free, label, point);
    await free();
    this.agent = await startAgent(this.world);
    if (!isStop) {
      // Nobody lives who could renew it.
      await this.world.sql('update agent_run set lease_until = now() where run_id = $1', [run]);
      return true;
    }
    await this.#takenOver(run);
    if (how === 'before-send') await until(() => this.#calls(label, point.tool) > 0);
    former.kill('SIGCONT');
    await sleep(1000);
    await killNow(former);
    return true;
  }

  /** All is stopped by a switch while the agent service is, which then goes on, still with its lease. */
  async #switchedOff(free, label, { tool }) {
    const { people, services } = this.world;
    const [kill] = await services.kills.set(people.admin, { scope: 'all', target: null, reason: 'drill' });
    await free();
    await sleep(SWITCHED_MS);
    this.agent.kill('SIGCONT');
    await sleep(1000);
    this.late = this.#calls(label, tool);
    await services.kills.lift(people.admin, kill.id);
    return true;
  }

  /** Prepares the point; what it returns lets go of it. */
  async #arm(run, how, { seq }) {
    if (how === 'before-reply') {
      // The server holds the reply of the wanted tool alone: see #reach.
      return () => rmSync(this.file('hold'), { force: true });
    }
    if (how === 'before-send') {
      // A new process opens the server anew, which it lists the tools for between the intent and the call.
      await killNow(this.agent);
      writeFileSync(this.file('hold'), 'tools/list');
      rmSync(this.file('listing'), { force: true });
      this.agent = await startAgent(this.world);
      return () => rmSync(this.file('hold'), { force: true });
    }
    const kind = how === 'before-commit' ? 'before' : 'after';
    if (kind === 'before') await this.lock.query(`select pg_advisory_lock(${LOCK})`);
    await this.lock.query('insert into drill_point values ($1, $2, $3)', [run, seq, kind]);
    return async () => {
      await this.lock.query('delete from drill_point');
      if (kind === 'before') await this.lock.query(`select pg_advisory_unlock(${LOCK})`);
    };
  }

  #reach(label, how, { seq, tool }) {
    if (how === 'before-reply') return this.#heldReply(label, tool);
    if (how === 'before-commit') return this.#blocked();
    if (how === 'before-send') return until(() => existsSync(this.file('listing')));
    return this.#told(seq);
  }

  async #blocked() {
    const text = `select from pg_locks where locktype = 'advisory' and not granted and objid = ${LOCK}`;
    return until(async () => (await this.lock.query(text)).rowCount > 0);
  }

  #told(seq) {
    const told = new Promise((resolve) => {
      const hear = ({ payload }) => {
        if (payload !== String(seq)) return;
        this.lock.off('notification', hear);
        resolve(true);
      };
      this.lock.on('notification', hear);
    });
    return Promise.race([told, sleep(REACH_MS, false, { ref: false })]);
  }

  async #heldReply(label, tool) {
    writeFileSync(this.file('hold'), tool);
    return until(() => this.#calls(label, tool) > 0);
  }

  #calls(label, wanted) {
    return this.#lines().filter((call) => call.tool === wanted && this.#isOf(call, label)).length;
  }

  /** Waits until the run has another owner than the stopped process, or is over. */
  #takenOver(run) {
    const text = `select state, fence from agent_run where run_id = $1`;
    let first;
    return until(async () => {
      const [row] = await this.world.sql(text, [run]);
      first ??= row.fence;
      return row.fence > first || DONE.includes(row.state);
    }, WAIT_MS);
  }

  #lines() {
    if (!existsSync(this.file('calls.jsonl'))) return [];
    const lines = readFileSync(this.file('calls.jsonl'), 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line));
  }

  /** Whether a call belongs to a drill: by its label, or by what it removes. */
  #isOf({ arguments: given, removes }, label) {
    if (!removes) return given.label?.startsWith(`${label}-`) === true;
    return this.#lines().some(
      (call) => call.result.id === given.id && !call.removes && this.#isOf(call, label),
    );
  }

  #effects(label) {
    return this.#lines().filter((call) => call.isEffect && this.#isOf(call, label));
  }

  /** What happened too often, too little, or without a record; and what is left after it was taken back. */
  async #count(id, label, before) {
    const effects = this.#effects(label);
    const made = effects.filter(({ removes }) => !removes);
    const removed = effects.filter(({ removes }) => removes);
    const twice = (list, key) => list.length - new Set(list.map(key)).size;
    const { steps } = await this.world.services.runs.get(this.world.people.employee, id);
    const recorded = new Set(
      steps
        .filter(({ state }) =>
          ['succeeded', 'compensated', 'compensation-failed', 'not-compensable'].includes(state),
        )
        .map((step) => step.arguments.label),
    );
    const standing = made.filter(
      ({ tool, result }) => tool !== 'Announce' && !removed.some((one) => one.arguments.id === result.id),
    );
    const { entries, isWhole } = await this.#journal(id);
    return {
      extra:
        twice(made, ({ arguments: { label: its } }) => its) +
        twice(removed, ({ arguments: { id: its } }) => its),
      missing: 3 - new Set(before.filter(({ removes }) => !removes).map(({ tool }) => tool)).size,
      unrecorded: made.filter(({ arguments: { label: its } }) => !recorded.has(its)).length,
      left: standing.length,
      steps: steps.map(({ id: step, state }) => `${step} ${state}`).join(', '),
      isJournalWhole: isWhole,
      entries,
    };
  }

  async #journal(id) {
    try {
      const entries = await this.world.services.runs.journal(this.world.people.employee, id);
      return { entries: entries.map(({ seq, kind, step }) => ({ seq, kind, step })), isWhole: true };
    } catch {
      return { entries: [], isWhole: false };
    }
  }

  /** Orders the leaves that were written, as the worker does, and verifies the whole ledger. */
  async isLedgerWhole() {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const anchor = await sequenceLeaves(this.world.owner, 1, privateKey, new MerkleTree());
    const { ok } = await verifyLedger(this.world.owner, 1, { key: publicKey, anchor });
    return ok === true;
  }

  async stop() {
    rmSync(this.file('hold'), { force: true });
    await this.lock.end();
    await killNow(this.agent);
    await this.world.close();
  }
}

async function until(is, limit = REACH_MS) {
  for (const end = Date.now() + limit; Date.now() < end; await sleep(5)) if (await is()) return true;
  return false;
}
