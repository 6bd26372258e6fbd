import type { ExitCode } from '../failure.js';

/** Called by a command that ends with an exit code other than 0. */
export type Finish = (code: ExitCode) => void;
