import { fileURLToPath } from 'node:url';

const AGENT = fileURLToPath(new URL('../../../apps/agent/dist/main.js', import.meta.url));

/** Starts one agent service of a world and waits until it is ready. */
export async function startAgent({ stack }) {
  const environment = { ...process.env, ...stack.environment, BELAY_LOG: 'info', NODE_OPTIONS: '' };
  const child = await stack.start(process.execPath, [AGENT], 'agent.ready', environment);
  // Nobody reads on; a full pipe would stop it.
  child.stdout.resume();
  child.stderr.resume();
  return child;
}

/** Ends a process for good and waits until it is gone. */
export async function killNow(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
