import { spawnSync } from 'node:child_process';
import { findProgram } from './redis.js';

const INSTALL = 'apt-get update && apt-get install -y bubblewrap';

/** What has to be done so that parsers can be kept apart; undefined where nothing has to, or nothing can. */
export function sandboxStep(environment: NodeJS.ProcessEnv, offline: boolean): string | undefined {
  if (process.platform !== 'linux' || findProgram('bwrap', environment) !== undefined) return undefined;
  const allowed = !offline && process.getuid?.() === 0 && findProgram('apt-get', environment) !== undefined;
  return allowed ? INSTALL : undefined;
}

/** Installs bubblewrap where that is allowed. Belay runs without it, less well protected, and then says so. */
export function ensureSandbox(
  environment: NodeJS.ProcessEnv,
  offline: boolean,
  note: (line: string) => void,
): void {
  const step = sandboxStep(environment, offline);
  if (step !== undefined) {
    note(`Installing bubblewrap, which keeps parsers of documents apart: ${step}`);
    const env = { ...environment, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('/bin/sh', ['-c', step], { env, stdio: ['ignore', 2, 2] });
  }
  if (process.platform !== 'linux' || findProgram('bwrap', environment) !== undefined) return;
  note(
    'bubblewrap is not installed: documents are read under limits only, and their parsers could reach the network. ' +
      `Better: sudo sh -c '${INSTALL}'`,
  );
}
