import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const RunState = z.object({
  address: z.string(),
  version: z.string(),
  startedAt: z.string(),
  /** False while the instance starts or loads the demo company. */
  ready: z.boolean(),
  demo: z.boolean(),
  pids: z.record(z.string(), z.number()),
});
/** What a running instance says about itself in HOME/run.json. */
export type RunState = z.infer<typeof RunState>;

/** The state in `path`, or undefined where there is none that can be read. */
export function readRunState(path: string): RunState | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return RunState.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Replaces the state at once, so that a reader never sees half of it. */
export function writeRunState(path: string, state: RunState): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
