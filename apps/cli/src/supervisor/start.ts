import { existsSync, lstatSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareHome } from '@belay/config';
import type { Context } from '../context.js';
import { loadDemo } from '../demo.js';
import { hasDemoTools, loadDemoTools } from '../demo-tools.js';
import { CliError, EXIT, type ExitCode } from '../failure.js';
import { samplesFolder, workspaceVersion } from '../workspace.js';
import { eraseEmbeddedData } from './fresh.js';
import { acquireLock, releaseLock } from './lock.js';
import { homeFiles, planStart, type Plan, type StartFlags } from './plan.js';
import { writeRunState } from './run-file.js';
import { setUpSteps } from './set-up-steps.js';
import { ensureSandbox } from './sandbox-tools.js';
import { Stack } from './stack.js';

const NEEDED_MIB = 64;

/** Runs an instance in the foreground until it is told to stop. */
export async function start(flags: StartFlags, context: Context): Promise<ExitCode> {
  const plan = planStart(flags, context.environment);
  if (flags.fresh === true) await eraseEmbeddedData(plan, flags, context);
  const steps = setUpSteps(plan);
  if (steps.length > 0) context.note(['Set-up steps:', ...steps.map((step) => `  - ${step}`)].join('\n'));
  prepareHome(plan.config);
  checkPrivate(plan.config.sockets);
  checkSpace(plan.config.home);
  const files = homeFiles(plan.config.home);
  acquireLock(files.lock, files.run);
  rmSync(files.run, { force: true });
  try {
    return await supervise(plan, context);
  } finally {
    rmSync(files.run, { force: true });
    releaseLock(files.lock);
  }
}

// The sockets may lie in the shared temporary folder, where another user could have made the folder first.
function checkPrivate(folder: string): void {
  const found = lstatSync(folder);
  const foreign = process.getuid !== undefined && found.uid !== process.getuid();
  if (!found.isDirectory() || foreign || (found.mode & 0o077) !== 0) {
    throw new CliError(
      `${folder} must be a folder that only you can open. Remove it, or run: chmod 700 ${folder}`,
    );
  }
}

// PostgreSQL recovers from a full disk only with space for its write-ahead log, so it is asked for beforehand.
function checkSpace(home: string): void {
  const { bavail, bsize } = statfsSync(home);
  const free = Math.floor((bavail * bsize) / 2 ** 20);
  if (free >= NEEDED_MIB) return;
  throw new CliError(
    `The disk of ${home} is almost full: ${free} MiB are free and ${NEEDED_MIB} are needed. Free some space and ` +
      'start again; nothing is lost.',
  );
}

async function supervise(plan: Plan, context: Context): Promise<ExitCode> {
  const startedAt = new Date().toISOString();
  let ready = false;
  const { run } = homeFiles(plan.config.home);
  const record = () => {
    const { address, pids } = stack;
    writeRunState(run, { address, version: workspaceVersion(), startedAt, ready, demo: plan.demo, pids });
  };
  const stack: Stack = new Stack(plan, context, () => {
    try {
      record();
    } catch (error) {
      // On a full disk run.json keeps the former process numbers until the next start of a service.
      context.note(`${run} could not be written: ${(error as Error).message}`);
    }
  });
  const stopped = stopOnSignal(stack, context);
  let tools: Promise<void> | undefined;
  try {
    ensureSandbox(plan.environment, plan.offline, context.note);
    await stack.start(stopped.signal);
    record();
    await loadCompany(plan, stack.address, context, stopped.signal);
    ready = true;
    record();
    announce(plan, stack.address, context);
    tools = loadTools(plan, stack.address, context, stopped.signal);
    await new Promise((resolve) => {
      if (stopped.signal.aborted) resolve(undefined);
      else stopped.signal.addEventListener('abort', resolve, { once: true });
    });
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
  } finally {
    await stack.stop();
    await tools;
    stopped.release();
  }
  context.note('Stopped.');
  return EXIT.ok;
}

/** The first signal asks for an orderly stop, the second ends everything at once. */
function stopOnSignal(stack: Stack, context: Context): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) {
      stack.kill();
      return;
    }
    context.note('Stopping … (once more to end it at once)');
    controller.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}

async function loadCompany(
  plan: Plan,
  address: string,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const marker = homeFiles(plan.config.home).demoLoaded;
  const samples = join(samplesFolder(plan.environment), 'company');
  if (!plan.demo || existsSync(marker) || !existsSync(join(samples, 'company.json'))) return;
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
  });
  await Promise.race([loadDemo(address, samples, context.note), stopped]);
  writeFileSync(marker, `${new Date().toISOString()}\n`, { mode: 0o600 });
}

/** Nobody waits for the demo's tools: people can ask questions meanwhile. */
async function loadTools(plan: Plan, address: string, context: Context, signal: AbortSignal): Promise<void> {
  const { demoToolsLoaded: marker } = homeFiles(plan.config.home);
  const samples = samplesFolder(plan.environment);
  if (!plan.demo || existsSync(marker) || !hasDemoTools(samples)) return;
  const report = (line: string): void => {
    if (!signal.aborted) context.note(line);
  };
  try {
    const isDone = await loadDemoTools({ address, samples, home: plan.config.home, report, signal });
    if (isDone && !signal.aborted) writeFileSync(marker, `${new Date().toISOString()}\n`, { mode: 0o600 });
  } catch (error) {
    report(`The demo company's tools could not be loaded: ${(error as Error).message}`);
  }
}

function announce(plan: Plan, address: string, context: Context): void {
  const { setUpLink } = homeFiles(plan.config.home);
  context.print(`\nBelay is ready: ${address}\n`);
  if (plan.demo) {
    const people = demoPeople(samplesFolder(plan.environment));
    context.print(
      'This is the demo company: on the sign-in page, pick a person and see only what they may read.',
    );
    if (people.length > 0) context.print(`People: ${people.join(', ')}`);
    context.print(
      `Ask here:      ./belay ask "How many vacation days do employees get?" --as ${people[0] ?? 'admin'}`,
    );
  } else if (existsSync(setUpLink)) {
    const link = new URL(readFileSync(setUpLink, 'utf8').trim(), address);
    context.print(
      `Nobody has an account yet. Make the first one, "admin", with this link, which works once:`,
    );
    context.print(`  ${link.toString()}`);
  }
  context.print(`Stop it with${plan.inBackground ? '' : ' Ctrl-C, or with'}: ./belay down\n`);
}

function demoPeople(samples: string): string[] {
  const file = join(samples, 'company', 'company.json');
  if (!existsSync(file)) return [];
  const company = JSON.parse(readFileSync(file, 'utf8')) as { people?: { name?: string }[] };
  return (company.people ?? []).flatMap((person) => (person.name ? [person.name] : []));
}
