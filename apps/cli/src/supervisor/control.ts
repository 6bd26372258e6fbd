import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { prepareHome } from '@belay/config';
import type { Context } from '../context.js';
import { CliError, EXIT, type ExitCode } from '../failure.js';
import { workspaceRoot } from '../workspace.js';
import { eraseEmbeddedData } from './fresh.js';
import { lastLines } from './log-file.js';
import { isAlive, lockHolder } from './lock.js';
import { filesOf, homeFiles, planStart, type StartFlags } from './plan.js';
import { isReady } from './ready.js';
import { readRunState } from './run-file.js';

/** Starts an instance in the background and returns once it is ready. */
export async function up(flags: StartFlags, context: Context): Promise<ExitCode> {
  const plan = planStart(flags, context.environment);
  const files = homeFiles(plan.config.home);
  if (lockHolder(files.lock) !== undefined && flags.fresh !== true) {
    const address = readRunState(files.run)?.address;
    context.print(address ? `Belay is already running: ${address}` : 'Belay is already starting.');
    return EXIT.ok;
  }
  if (flags.fresh === true) {
    await eraseEmbeddedData(plan, flags, context);
  }
  prepareHome(plan.config);
  mkdirSync(files.logs, { recursive: true, mode: 0o700 });
  const log = join(files.logs, 'supervisor.log');
  const child = launch(log, startArguments(flags), context.environment);
  return follow(child, log, context, files.run);
}

function startArguments(flags: StartFlags): string[] {
  const args = ['start', '--in-background'];
  if (flags.port !== undefined) args.push('--port', flags.port);
  if (flags.host !== undefined) args.push('--host', flags.host);
  if (!flags.demo) args.push('--no-demo');
  if (flags.offline === true) args.push('--offline');
  return args;
}

interface Launched {
  readonly pid: number;
  /** Where this run's output begins in the log. */
  readonly offset: number;
  readonly exited: () => boolean;
}

function launch(log: string, args: string[], environment: NodeJS.ProcessEnv): Launched {
  const offset = existsSync(log) ? statSync(log).size : 0;
  const output = openSync(log, 'a', 0o600);
  const child = spawn(process.execPath, [join(workspaceRoot(), 'apps', 'cli', 'bootstrap.mjs'), ...args], {
    env: environment,
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  let exited = false;
  child.once('exit', () => (exited = true));
  child.once('error', () => (exited = true));
  child.unref();
  return { pid: child.pid ?? 0, offset, exited: () => exited };
}

async function follow(child: Launched, log: string, context: Context, runFile: string): Promise<ExitCode> {
  let shown = child.offset;
  const show = () => {
    const bytes = readFileSync(log).subarray(shown);
    shown += bytes.length;
    if (bytes.length > 0) context.note(bytes.toString('utf8').trimEnd());
  };
  for (;;) {
    await sleep(200);
    const state = readRunState(runFile);
    const ready = state?.ready === true && state.pids['supervisor'] === child.pid;
    // The announcement follows the state by a moment; one more look shows it whole.
    if (ready) await sleep(200);
    show();
    if (ready) {
      context.print(state.address);
      return EXIT.ok;
    }
    if (child.exited())
      throw new CliError(`Belay did not start; what it printed above, also in ${log}, says why.`);
  }
}

/** Says whether the instance of this home runs and which of its services are alive. */
export async function status(flags: { readonly json?: boolean }, context: Context): Promise<ExitCode> {
  const { lock, run } = filesOf(context.environment);
  const running = lockHolder(lock) !== undefined;
  const state = running ? readRunState(run) : undefined;
  const answering = state !== undefined && (await isReady(state.address));
  const report = describe(running, answering, state);
  if (flags.json === true) context.print(JSON.stringify(report));
  else for (const line of statusLines(report, answering)) context.print(line);
  return running && answering ? EXIT.ok : EXIT.unreachable;
}

function describe(running: boolean, answering: boolean, state: ReturnType<typeof readRunState>) {
  const services = Object.entries(state?.pids ?? {}).map(([name, pid]) => ({
    name,
    pid,
    alive: isAlive(pid),
  }));
  const { address = null, startedAt = null, version = null } = state ?? {};
  return { running, ready: answering && state?.ready === true, address, version, startedAt, services };
}

function statusLines(report: ReturnType<typeof describe>, answering: boolean): string[] {
  if (!report.running) return ['Belay is not running. Start it with: ./belay up'];
  const waiting = answering ? 'loading the demo company' : 'not ready';
  const services = report.services.map(
    ({ name, pid, alive }) => `  ${name.padEnd(11)} ${alive ? 'running' : 'down'}  process ${pid}`,
  );
  return [`Belay ${report.version} ${report.ready ? 'ready' : waiting}: ${report.address}`, ...services];
}

/** Prints the end of the logs of one service or of all. */
export function logs(
  name: string | undefined,
  flags: { readonly lines: string },
  context: Context,
): ExitCode {
  const folder = filesOf(context.environment).logs;
  const names = logNames(folder);
  const count = Number(flags.lines);
  if (!Number.isInteger(count) || count < 1)
    throw new CliError('--lines needs a whole number above 0.', EXIT.usage);
  if (name !== undefined && !names.includes(name)) {
    throw new CliError(
      `There is no log "${name}". There are: ${names.join(', ') || 'none yet'}.`,
      EXIT.usage,
    );
  }
  for (const each of name === undefined ? names : [name]) {
    if (name === undefined) context.print(`== ${each}`);
    for (const line of lastLines(join(folder, `${each}.log`), count)) context.print(line);
  }
  return EXIT.ok;
}

function logNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file) => /^(.+)\.log$/.exec(file)?.[1] ?? []);
}
