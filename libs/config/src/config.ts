import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism, tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { readAs } from '@belay/contracts';
import { DomainError } from '@belay/errors';
import { z } from 'zod';

const listOf = (text: string): string[] => text.split(/[,\s]+/).filter(Boolean);

/** True for an IP address, or for a network of them in CIDR notation. */
function isProxy(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  const isNetwork =
    bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
  // Neither an address of one link nor an IPv4 address written as one of IPv6 is compared with those that come.
  return version > 0 && !/%|^::ffff:/i.test(address) && isNetwork && rest.length === 0;
}

const flag = z.enum(['0', '1', 'true', 'false']).transform((value) => value === '1' || value === 'true');

const Environment = z.object({
  BELAY_HOME: z.string().default('.belay'),
  BELAY_HOST: z.string().default('127.0.0.1'),
  BELAY_PORT: z.coerce.number().int().min(0).max(65535).default(7420),
  BELAY_DATABASE_URL: z.string().optional(),
  BELAY_API_PASSWORD: z.string().optional(),
  BELAY_WORKER_PASSWORD: z.string().optional(),
  BELAY_AGENT_PASSWORD: z.string().optional(),
  BELAY_REDIS_URL: z.string().optional(),
  BELAY_DEMO: flag.default(false),
  BELAY_MODELS: z.string().optional(),
  BELAY_WEB: z.string().optional(),
  BELAY_MAX_UPLOAD_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(25 * 1024 * 1024),
  // One core is left to the api and the database.
  BELAY_INFERENCE_THREADS: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(Math.min(64, Math.max(1, availableParallelism() - 1))),
  BELAY_MEMORY_WATERMARK_MB: z.coerce.number().int().min(0).optional(),
  BELAY_DEFAULT_LANGUAGE: z
    .string()
    .regex(/^[a-z]{2}$/, 'must be a code of two letters, as in "en" or "sv"')
    .optional(),
  BELAY_MODEL: z.string().default('static-en-256'),
  BELAY_MODEL_HUB: z.url({ protocol: /^https?$/ }).optional(),
  BELAY_MODEL_HUB_TOKEN: z.string().optional(),
  BELAY_QUESTION_WAIT_SECONDS: z.coerce.number().int().min(1).max(3600).default(60),
  BELAY_SECURE_COOKIES: flag.default(false),
  BELAY_TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((text) => listOf(text))
    .refine((proxies) => proxies.every(isProxy), {
      message: 'must be addresses or networks, as in "127.0.0.1, 10.1.0.0/16"',
    }),
  BELAY_SUPERVISED: flag.default(false),
  BELAY_SAMPLES: z.string().optional(),
  BELAY_UNSANDBOXED_TOOLS: flag.default(false),
  BELAY_PRIVATE_SERVERS: z.string().default(''),
  BELAY_SOURCE_ROOTS: z.string().default(''),
  BELAY_SOURCE_REMOTES: z.string().default(''),
  BELAY_ORIGINALS: z.enum(['database', 'disk', 's3']).default('database'),
  BELAY_S3_ENDPOINT: z.url().optional(),
  BELAY_S3_REGION: z.string().default('us-east-1'),
  BELAY_S3_BUCKET: z.string().optional(),
  BELAY_S3_ACCESS_KEY_ID: z.string().optional(),
  BELAY_S3_SECRET_ACCESS_KEY: z.string().optional(),
  BELAY_LOG: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

/** An S3-compatible service, addressed by path: ENDPOINT/BUCKET/KEY. */
export interface S3Config {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The whole configuration of one process, frozen. Paths are absolute. */
export interface Config {
  readonly home: string;
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string | undefined;
  /** Passwords of the database logins of the services; one that is missing is derived from the owner's. */
  readonly loginPasswords: { readonly api?: string; readonly worker?: string; readonly agent?: string };
  readonly redisUrl: string | undefined;
  /** Folder of the Unix sockets of private services (0700, made by the supervisor). */
  readonly sockets: string;
  readonly demo: boolean;
  readonly models: string | undefined;
  readonly web: string | undefined;
  readonly maxUploadBytes: number;
  readonly inferenceThreads: number;
  /** Resident bytes of the worker above which its model threads are replaced; 0: never. */
  readonly memoryWatermark: number;
  /** ISO 639-1 code of the language that texts are taken for which are too short to tell theirs. */
  readonly defaultLanguage: string | undefined;
  readonly embeddingModel: string;
  /** Base address of a hub in Hugging Face's layout that models may be pulled from; none unless it is named. */
  readonly modelHub: string | undefined;
  /** Sent to that hub alone. */
  readonly modelHubToken: string | undefined;
  /** How long a question waits at most until those before it are answered. */
  readonly longestQuestionWaitMs: number;
  readonly secureCookies: boolean;
  /** Addresses and networks of the proxies whose word is taken for the address that somebody comes from. */
  readonly trustedProxies: readonly string[];
  /** Whether a supervisor holds standard input open and expects us to end with it. */
  readonly supervised: boolean;
  readonly samples: string | undefined;
  /** Whether servers of tools are started where no sandbox works; each such start is on the ledger. */
  readonly unsandboxedTools: boolean;
  /** Addresses of one's own network ("name:port") whose servers may be asked what they offer before anybody approved them. */
  readonly privateServers: readonly string[];
  /** Where new originals go; those of earlier settings are read where they lie. */
  readonly originals: 'database' | 'disk' | 's3';
  readonly s3: S3Config | undefined;
  /** Folders of this machine that sources may read, absolute; none unless somebody who runs Belay names them. */
  readonly sourceRoots: readonly string[];
  /** Beginnings of https and ssh addresses that sources may clone from. */
  readonly sourceRemotes: readonly string[];
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

// Unix socket paths are limited to about 107 bytes, so a deep BELAY_HOME gets a short folder of its own.
function socketFolder(home: string): string {
  const inside = join(home, 'sockets');
  if (Buffer.byteLength(inside) <= 80) return inside;
  const digest = createHash('sha256').update(home).digest('hex').slice(0, 12);
  return join(tmpdir(), `belay-${userInfo().uid}-${digest}`);
}

function s3Of(env: z.infer<typeof Environment>): S3Config | undefined {
  const {
    BELAY_S3_ENDPOINT: endpoint,
    BELAY_S3_BUCKET: bucket,
    BELAY_S3_ACCESS_KEY_ID: accessKeyId,
    BELAY_S3_SECRET_ACCESS_KEY: secretAccessKey,
  } = env;
  if (endpoint && bucket && accessKeyId && secretAccessKey)
    return { endpoint, bucket, accessKeyId, secretAccessKey, region: env.BELAY_S3_REGION };
  if (env.BELAY_ORIGINALS !== 's3') return undefined;
  throw new DomainError(
    'request.invalid',
    'BELAY_ORIGINALS=s3 needs BELAY_S3_ENDPOINT, BELAY_S3_BUCKET, BELAY_S3_ACCESS_KEY_ID and BELAY_S3_SECRET_ACCESS_KEY.',
  );
}

// About twice what a worker with two generations of multilingual-e5-small needs.
function watermarkOf(env: z.infer<typeof Environment>): number {
  return (env.BELAY_MEMORY_WATERMARK_MB ?? 1024 + 512 * env.BELAY_INFERENCE_THREADS) * 2 ** 20;
}

/** True for a host name or address that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Throws where others than who sits at this machine could reach a demo. */
function refuseOpenDemo({
  BELAY_HOST: host,
  BELAY_TRUSTED_PROXIES: proxies,
}: z.infer<typeof Environment>): void {
  const so = 'The demo lets anyone sign in as anyone, so';
  if (proxies.length > 0)
    throw new DomainError(
      'request.invalid',
      `${so} no proxy may stand before it. Set BELAY_DEMO=0 (start: --no-demo) to serve others through one, or leave ` +
        'out BELAY_TRUSTED_PROXIES.',
    );
  if (!isLoopback(host))
    throw new DomainError(
      'request.invalid',
      `${so} it listens on this machine only; ${host} is refused. Set BELAY_DEMO=0 (start: --no-demo) to serve other ` +
        'machines, or leave out the host.',
    );
}

/**
 * Reads the process environment once. Throws `request.invalid` that names every bad key, or a demo that other
 * machines could reach. This file is the only reader of `process.env`.
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const { data: env, problem } = readAs(Environment, environment, 'The environment');
  if (env === undefined)
    throw new DomainError('request.invalid', `The configuration is not valid: ${problem}`);
  if (env.BELAY_DEMO) refuseOpenDemo(env);
  const home = resolve(env.BELAY_HOME);
  const sockets = socketFolder(home);
  return Object.freeze({
    home,
    host: env.BELAY_HOST,
    port: env.BELAY_PORT,
    databaseUrl: env.BELAY_DATABASE_URL || undefined,
    loginPasswords: {
      ...(env.BELAY_API_PASSWORD && { api: env.BELAY_API_PASSWORD }),
      ...(env.BELAY_WORKER_PASSWORD && { worker: env.BELAY_WORKER_PASSWORD }),
      ...(env.BELAY_AGENT_PASSWORD && { agent: env.BELAY_AGENT_PASSWORD }),
    },
    redisUrl: env.BELAY_REDIS_URL || undefined,
    sockets,
    demo: env.BELAY_DEMO,
    models: env.BELAY_MODELS,
    web: env.BELAY_WEB,
    maxUploadBytes: env.BELAY_MAX_UPLOAD_BYTES,
    inferenceThreads: env.BELAY_INFERENCE_THREADS,
    memoryWatermark: watermarkOf(env),
    defaultLanguage: env.BELAY_DEFAULT_LANGUAGE,
    embeddingModel: env.BELAY_MODEL,
    modelHub: env.BELAY_MODEL_HUB,
    modelHubToken: env.BELAY_MODEL_HUB_TOKEN,
    longestQuestionWaitMs: env.BELAY_QUESTION_WAIT_SECONDS * 1000,
    secureCookies: env.BELAY_SECURE_COOKIES,
    trustedProxies: env.BELAY_TRUSTED_PROXIES,
    supervised: env.BELAY_SUPERVISED,
    samples: env.BELAY_SAMPLES,
    unsandboxedTools: env.BELAY_UNSANDBOXED_TOOLS,
    privateServers: listOf(env.BELAY_PRIVATE_SERVERS.toLowerCase()),
    originals: env.BELAY_ORIGINALS,
    s3: s3Of(env),
    sourceRoots: listOf(env.BELAY_SOURCE_ROOTS).map((root) => resolve(root)),
    sourceRemotes: listOf(env.BELAY_SOURCE_REMOTES),
    logLevel: env.BELAY_LOG,
  });
}

/** Makes the folders that a process of this configuration needs, readable by their owner only. */
export function prepareHome(config: Config): void {
  for (const folder of [config.home, config.sockets]) mkdirSync(folder, { recursive: true, mode: 0o700 });
}
