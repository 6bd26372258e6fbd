import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { call } from './things.mjs';

const RUNS = 20;

/** Plans that are shown and never started: what their server recorded, and what it sent over a network. */
export async function measureDryRuns(world, say) {
  const { employee } = world.people;
  const { runs } = world.services;
  const before = effectsOf(world);
  const ids = [];
  for (let index = 0; index < RUNS; index += 1) {
    const steps = [
      call('one', 'create-trial', `dry-${index}`),
      call('two', 'create-thing', `dry-${index}`),
      call('three', 'announce', `dry-${index}`),
    ];
    ids.push((await runs.create(employee, { title: `dry ${index}`, steps })).id);
  }
  for (const id of ids) while ((await runs.get(employee, id)).state === 'planned') await sleep(50);
  const states = await Promise.all(ids.map(async (id) => (await runs.get(employee, id)).state));
  const calls = linesOf(world).filter(({ arguments: given }) => given.label?.startsWith('dry-'));
  const figures = {
    dry_runs: states.filter((state) => state === 'ready').length,
    dry_native_calls: calls.filter(({ arguments: given }) => given.dry_run === true).length,
    dry_effects: effectsOf(world) - before,
    dry_bytes_sent: bytesSent(),
  };
  say(JSON.stringify(figures));
  return figures;
}

function linesOf(world) {
  const file = join(world.data('things'), 'calls.jsonl');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

const effectsOf = (world) => linesOf(world).filter(({ isEffect }) => isEffect).length;

/** What processes that run as servers sent over any interface of the network that they see. */
function bytesSent() {
  const servers = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && seesPeer(pid));
  return servers.reduce((total, pid) => total + sentBy(pid), 0);
}

function seesPeer(pid) {
  try {
    return existsSync(`/proc/${pid}/root/peer/server.mjs`);
  } catch {
    return false;
  }
}

function sentBy(pid) {
  const lines = readFileSync(`/proc/${pid}/net/dev`, 'utf8').split('\n').slice(2).filter(Boolean);
  return lines.reduce((total, line) => total + Number(line.split(':')[1].trim().split(/\s+/)[8]), 0);
}
