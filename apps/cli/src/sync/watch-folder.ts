import { watch as watchFiles } from 'chokidar';
import { CliError, EXIT } from '../failure.js';
import type { FolderSync } from './sync-folder.js';

const DEBOUNCE_MS = 700;
const LOOK_EVERY_MS = 60_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Runs a pass whenever the folder changes, and once a minute for file systems that do not say so, until the signal.
 * `settle` is told what each pass uploaded. A server that does not answer is waited for; a refusal of the key ends it.
 */
export async function watchFolder(
  folder: string,
  sync: FolderSync,
  note: (line: string) => void,
  signal: AbortSignal,
  settle: (accepted: readonly string[]) => Promise<void>,
): Promise<void> {
  const bell = new Bell(signal);
  const watcher = watchFiles(folder, {
    followSymlinks: false,
    ignorePermissionErrors: true,
    ignoreInitial: true,
    ignored: (path) => /(^|\/)\.[^/]/.test(path.slice(folder.length)),
  });
  watcher.on('all', () => bell.ring());
  watcher.on('error', (error) =>
    note(`The folder is looked through once a minute only: ${(error as Error).message}`),
  );
  try {
    let pause = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const failure = await onePass(sync, note, settle);
      if (failure) note(`${failure} Trying again in ${pause / 1000} s.`);
      await bell.wait(failure ? pause : LOOK_EVERY_MS, failure !== undefined);
      pause = failure ? Math.min(pause * 2, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
    }
  } finally {
    await watcher.close();
  }
}

/** Why a pass could not be made, where waiting may help. */
async function onePass(
  sync: FolderSync,
  note: (line: string) => void,
  settle: (accepted: readonly string[]) => Promise<void>,
): Promise<string | undefined> {
  try {
    const { accepted, refusal } = await sync.pass();
    // The next change is not kept waiting by what is still being read.
    settle(accepted).catch((error: unknown) => note((error as Error).message));
    if (refusal) note(refusal);
    return undefined;
  } catch (error) {
    if (error instanceof CliError && error.exitCode !== EXIT.unreachable) throw error;
    return (error as Error).message;
  }
}

/** Wakes a waiting pass shortly after the last of several changes. */
class Bell {
  private rung = false;
  private wake: (() => void) | undefined;

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', () => this.wake?.(), { once: true });
  }

  ring(): void {
    this.rung = true;
    this.wake?.();
  }

  /** Until it rings and is quiet for a moment, or for `limit` ms; with `deaf`, for `limit` ms in any case. */
  async wait(limit: number, deaf: boolean): Promise<void> {
    if (deaf || !this.rung) await this.sleep(limit, deaf);
    while (this.rung && !this.signal.aborted) {
      this.rung = false;
      await this.sleep(DEBOUNCE_MS, false);
    }
  }

  private sleep(limit: number, deaf: boolean): Promise<void> {
    if (this.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
      const timer = setTimeout(end, limit);
      this.wake = () => {
        if (!deaf || this.signal.aborted) end();
      };
    });
  }
}
