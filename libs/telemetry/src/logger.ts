/** Structured log lines on standard error. Callers pass ids and codes, never document text or questions. */
export interface Logger {
  debug(event: string, fields?: Record<string, unknown>): void;
  info(event: string, fields?: Record<string, unknown>): void;
  warn(event: string, fields?: Record<string, unknown>): void;
  error(event: string, fields?: Record<string, unknown>): void;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** One JSON line an event: time (ISO 8601), level, process, event and its fields. */
export function createLogger(processName: string, minimum: (typeof LEVELS)[number] = 'info'): Logger {
  const at = (level: (typeof LEVELS)[number]) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(minimum)) return () => undefined;
    return (event: string, fields: Record<string, unknown> = {}) => {
      const line = { time: new Date().toISOString(), level, process: processName, event, ...fields };
      process.stderr.write(`${JSON.stringify(line)}\n`);
    };
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
