/**
 * Servers of tools that mean harm: every behaviour of libs/testing/hostile-peer in both eras of MCP is called once
 * through a contract, one after another, in the sandbox of this machine. `ok`: each came to the outcome that is
 * expected of it, none had an effect beyond its contract, reached the network or left a process.
 *
 *   npm run bench -- hostile [--only BEHAVIOUR]
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installArtifact, PeerPool } from '@belay/agents';
import { ToolContract } from '@belay/contracts';
import { DEFINITION, EXPECTED, hostileContract } from '@belay/testing/hostile-peer';
import { percentile, rounded } from './harness/statistics.mjs';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const KEY = 'the-key';
const MB = 2 ** 20;
const SAMPLE_MS = 50;

export async function measure(options, say) {
  const flags = { only: { type: 'string' } };
  const { values } = parseArgs({ args: options, options: flags });
  const behaviours = Object.keys(EXPECTED).filter(
    (name) => values.only === undefined || name === values.only,
  );
  if (behaviours.length === 0) throw new Error(`there is no behaviour ${values.only}`);
  const home = mkdtempSync(join(tmpdir(), 'belay-hostile-'));
  let connections = 0;
  const probe = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  try {
    const artifact = await installArtifact(join(ROOT, 'libs/testing/hostile-peer'), home, ROOT);
    const place = { home, artifact, port: probe.address().port };
    const rows = [];
    for (const era of ['2025', '2026']) {
      for (const behaviour of behaviours) {
        const row = await callOne(place, era, behaviour);
        say(`${era} ${behaviour}: ${row.kind}, ${Math.round(row.ms)} ms, ${Math.round(row.serverMb)} MB`);
        rows.push(row);
      }
    }
    return report(rows, connections);
  } finally {
    probe.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function callOne({ home, artifact, port }, era, behaviour) {
  const mount = `${behaviour}-${era}`;
  const document = hostileContract(artifact, era, behaviour, mount);
  document.peer.environment = { PROBE_PORT: String(port) };
  const contract = ToolContract.parse(document);
  const pool = new PeerPool(home);
  const before = process.memoryUsage().rss;
  const peak = { host: before, server: 0 };
  const sampler = setInterval(() => sample(peak), SAMPLE_MS);
  const started = performance.now();
  const outcome = await pool.call({
    holder: '1:1',
    contract,
    definition: DEFINITION,
    arguments: {},
    key: KEY,
  });
  const ms = performance.now() - started;
  await pool.close();
  clearInterval(sampler);
  const { kind, effects } = EXPECTED[behaviour];
  const had = effectsOf(join(home, 'peer-data', mount, 'effects.jsonl'));
  return {
    era,
    behaviour,
    kind: outcome.kind,
    isExpected: outcome.kind === kind,
    beyond: Math.max(0, had.length - effects) + had.filter((key) => key !== KEY).length,
    ms,
    hostMb: (peak.host - before) / MB,
    serverMb: peak.server / MB,
    left: below(process.pid).length,
  };
}

function report(rows, connections) {
  const sum = (field) => rows.reduce((total, row) => total + row[field], 0);
  const most = (field) => rounded(Math.max(...rows.map((row) => row[field])));
  const outcomes = {};
  for (const { kind } of rows) outcomes[kind] = (outcomes[kind] ?? 0) + 1;
  const figures = {
    behaviours: rows.length / 2,
    calls: rows.length,
    unexpected_outcomes: rows.filter(({ isExpected }) => !isExpected).length,
    effects_beyond_contract: sum('beyond'),
    connections_made: connections,
    processes_left: sum('left'),
    call_p50_ms: rounded(
      percentile(
        rows.map(({ ms }) => ms),
        0.5,
      ),
    ),
    call_max_ms: most('ms'),
    host_growth_max_mb: most('hostMb'),
    server_max_mb: most('serverMb'),
    ...Object.fromEntries(
      Object.entries(outcomes).map(([kind, count]) => [`outcome_${kind.replace('-', '_')}`, count]),
    ),
  };
  const { unexpected_outcomes, effects_beyond_contract, connections_made, processes_left } = figures;
  const ok = unexpected_outcomes + effects_beyond_contract + connections_made + processes_left === 0;
  return { ok, figures, raw: rows };
}

function effectsOf(file) {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).key);
}

function sample(peak) {
  peak.host = Math.max(peak.host, process.memoryUsage().rss);
  peak.server = Math.max(
    peak.server,
    below(process.pid).reduce((bytes, pid) => bytes + memoryOf(pid), 0),
  );
}

/** All processes below one. */
function below(pid) {
  const children = read(`/proc/${pid}/task`, readdirSync, []).flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`, (path) => readFileSync(path, 'utf8'), '')
      .split(' ')
      .filter(Boolean),
  );
  return children.flatMap((child) => [child, ...below(child)]);
}

const memoryOf = (pid) =>
  [
    ...read(`/proc/${pid}/status`, (path) => readFileSync(path, 'utf8'), '').matchAll(
      /^Rss(?:Anon|Shmem):\s+(\d+)/gm,
    ),
  ].reduce((bytes, [, kilobytes]) => bytes + Number(kilobytes) * 1024, 0);

function read(path, how, otherwise) {
  try {
    return how(path);
  } catch {
    return otherwise;
  }
}
