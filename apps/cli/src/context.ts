/** What every command gets from its caller; the environment comes from the bootstrap, never from a global. */
export interface Context {
  readonly environment: NodeJS.ProcessEnv;
  /** Prints a line of the result on standard output. */
  readonly print: (line: string) => void;
  /** Prints a line of progress or advice on standard error. */
  readonly note: (line: string) => void;
}

/** The context of a real process. */
export function processContext(environment: NodeJS.ProcessEnv): Context {
  return {
    environment,
    print: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
  };
}
