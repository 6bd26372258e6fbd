/** What every command gets from its caller; the environment comes from the bootstrap, never from a global. */
export interface Context {
  readonly environment: NodeJS.ProcessEnv;
  /** Prints a line of the result on standard output. */
  readonly print: (line: string) => void;
  /** Prints a line of progress or advice on standard error. */
  readonly note: (line: string) => void;
  /** In place of standard input. */
  readonly input?: NodeJS.ReadableStream;
}

/** The context of a real process. */
export function processContext(environment: NodeJS.ProcessEnv): Context {
  return {
    environment,
    print: (line) => void process.stdout.write(`${visible(line)}\n`),
    note: (line) => void process.stderr.write(`${visible(line)}\n`),
  };
}

/**
 * Titles and texts are other people's words, and a terminal obeys control characters: they are shown as JSON escapes
 * them, which leaves JSON what it is. So are characters that turn the order of the others around.
 */
export function visible(text: string): string {
  return text.replace(
    /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
