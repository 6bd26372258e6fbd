import { join } from 'node:path';
import { loadConfig, type Config } from '@belay/config';

/** The flags of `start` and `up`. */
export interface StartFlags {
  readonly port?: string;
  readonly host?: string;
  readonly demo: boolean;
  readonly fresh?: boolean;
  readonly yes?: boolean;
  readonly offline?: boolean;
  /** Of a start that `up` makes: no terminal can stop it. */
  readonly inBackground?: boolean;
}

/** What one start does, decided before anything is touched. */
export interface Plan {
  readonly config: Config;
  readonly demo: boolean;
  readonly offline: boolean;
  readonly inBackground: boolean;
  readonly embeddedDatabase: boolean;
  readonly privateRedis: boolean;
  /** The environment of every child. */
  readonly environment: NodeJS.ProcessEnv;
}

/** The address to open in a browser; a wildcard host is reached through loopback. */
export function addressOf(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Reads configuration and flags; throws a usage error for combinations that are refused. */
export function planStart(flags: StartFlags, environment: NodeJS.ProcessEnv): Plan {
  const merged = { ...environment };
  if (flags.port !== undefined) merged['BELAY_PORT'] = flags.port;
  if (flags.host !== undefined) merged['BELAY_HOST'] = flags.host;
  const embeddedDatabase = !merged['BELAY_DATABASE_URL'];
  if (!flags.demo) merged['BELAY_DEMO'] = '0';
  else if (embeddedDatabase) merged['BELAY_DEMO'] ??= '1';
  const config = loadConfig(merged);
  return {
    config,
    demo: config.demo,
    offline: flags.offline === true,
    inBackground: flags.inBackground === true,
    embeddedDatabase,
    privateRedis: config.redisUrl === undefined,
    environment: childEnvironment(merged, config),
  };
}

function childEnvironment(environment: NodeJS.ProcessEnv, config: Config): NodeJS.ProcessEnv {
  return {
    ...environment,
    // The services log in with what they are given; nothing else is theirs to know.
    BELAY_API_PASSWORD: undefined,
    BELAY_WORKER_PASSWORD: undefined,
    BELAY_AGENT_PASSWORD: undefined,
    BELAY_HOME: config.home,
    BELAY_HOST: config.host,
    BELAY_DEMO: config.demo ? '1' : '0',
  };
}

/** The files that a running instance keeps in its home. */
export function homeFiles(home: string): {
  lock: string;
  run: string;
  logs: string;
  setUpLink: string;
  demoLoaded: string;
  demoToolsLoaded: string;
  postgres: string;
  redis: string;
} {
  return {
    lock: join(home, 'lock'),
    run: join(home, 'run.json'),
    logs: join(home, 'logs'),
    setUpLink: join(home, 'set-up-link'),
    demoLoaded: join(home, 'demo-loaded'),
    demoToolsLoaded: join(home, 'demo-tools-loaded'),
    postgres: join(home, 'postgres'),
    redis: join(home, 'redis'),
  };
}

/** The files of the home that an environment names. */
export function filesOf(environment: NodeJS.ProcessEnv): ReturnType<typeof homeFiles> {
  return homeFiles(loadConfig(environment).home);
}
