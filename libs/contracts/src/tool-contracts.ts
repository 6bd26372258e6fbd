import { z } from 'zod';

const SHA256 = /^sha256:[0-9a-f]{64}$/;
/** The name of a document of the registry. */
export const Identifier = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,40}(\.[a-z0-9][a-z0-9-]{0,40}){0,4}$/, 'must be lower-case words joined by dots');
/** A JSON Pointer (RFC 6901); "" is the whole value. */
const Pointer = z
  .string()
  .max(300)
  .regex(/^(\/([^~/]|~[01])*)*$/, 'must be a JSON Pointer such as /ticket/id');
const JsonSchema = z.record(z.string(), z.unknown());
/**
 * Where an argument comes from: a constant, or "$input/…", "$result/…" or "$former/…" of the journaled call; "*" in a
 * place stands for every element of a list.
 */
const Arguments = z.record(Pointer, z.unknown());
const Range = z
  .string()
  .regex(
    /^[a-z][a-z0-9.-]{0,200}@\^?\d{1,6}(\.\d{1,6}(\.\d{1,6})?)?$/,
    'must be a contract and version such as crm.ticket.close@^2',
  );

/** What an argument decides, so that text from untrusted places never decides it. */
export const Sink = z.enum(['recipient', 'url', 'path', 'query', 'identifier', 'amount', 'content']);
export type Sink = z.infer<typeof Sink>;

/** What a call does to the world outside, and whether it can be taken back. */
export const EffectClass = z.enum(['read', 'reversible', 'compensable', 'irreversible']);
export type EffectClass = z.infer<typeof EffectClass>;

const Name = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, 'must be lower-case letters, digits and dashes');
/** A host that a server may reach, by name and port: addresses have no name to check a certificate against. */
const Host = z
  .string()
  .max(260)
  .regex(
    /^(?=[^:]*[a-z])[a-z0-9]([a-z0-9.-]*[a-z0-9])?:([1-9]\d{0,4})$/,
    'must be a name and a port such as api.example.com:443',
  )
  .refine((host) => Number(host.split(':').at(-1)) <= 65_535, 'must have a port from 1 to 65535');
export const SecretName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,60}$/, 'must be lower-case letters, digits and dashes');
const LOADING =
  /^(NODE_.*|LD_.*|OPENSSL_.*|PATH|BASH_ENV|ENV|GCONV_PATH|GLIBC_TUNABLES|IFS|SHELLOPTS|BASHOPTS|PS4)$/i;
const EnvironmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,60}$/, {
  error: 'must be the name of a variable, of letters, digits and underscores, such as CRM_TOKEN',
});
const decidesNothing = (variables: object): boolean =>
  !Object.keys(variables).some((name) => LOADING.test(name));
const DECIDES =
  'must not name a variable that decides what Node.js, the loader or a shell runs, such as NODE_OPTIONS, LD_PRELOAD or PATH';
const EnvironmentValue = z
  .string()
  .max(2000)
  .refine((value) => !value.includes('\0'), 'must not contain a NUL character');

const OURS = ['peer', 'usr', 'lib', 'lib64', 'bin', 'sbin', 'etc', 'proc', 'dev', 'run', 'sys', 'tmp'];
/** Where a folder is seen inside the sandbox: nowhere that the sandbox itself is made of. */
const MountPath = z
  .string()
  .regex(
    /^(?=.{2,101}$)(\/[a-z0-9_-]+)+$/,
    'must be a path such as /data, of lower-case letters, digits, dashes and underscores',
  )
  .refine(
    (path) => !OURS.includes(path.split('/')[1] ?? ''),
    `must not be at or below ${OURS.map((name) => `/${name}`).join(', ')}, which the sandbox is made of; take one such as /data`,
  );

const HeaderName = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,60}$/, {
  error: 'must be the name of a header, of letters, digits and dashes, such as X-Api-Key',
});

/** A server that runs here, in a sandbox, from files that were installed before. */
export const StdioPeer = z.strictObject({
  id: Name,
  transport: z.literal('stdio'),
  /** The folder below BELAY_HOME/peers that `tools install` made. */
  artifact: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,120}$/),
  /** What `tools install` printed: a digest over every file of the artifact. */
  integrity: z.string().regex(SHA256),
  /** The script that Node.js runs, inside the artifact. */
  entry: z
    .string()
    .max(300)
    .regex(/^(?!\/)(?!.*\.\.).+$/, 'must be a path inside the artifact'),
  args: z.array(z.string().max(500)).max(20).default([]),
  environment: z.record(EnvironmentName, EnvironmentValue).refine(decidesNothing, DECIDES).default({}),
  /** Folders below BELAY_HOME/peer-data that it sees, by the name of the folder. */
  mounts: z
    .array(
      z.strictObject({
        name: Name,
        path: MountPath,
        mode: z.enum(['ro', 'rw']),
        /** What may lie in a folder that it writes; 1024 MB where this is not said. */
        maxMb: z.number().int().min(1).max(1_000_000).optional(),
      }),
    )
    .max(10)
    .default([]),
  /** What it may reach over the network. */
  hosts: z.array(Host).max(20).optional(),
  /** Whether those names may stand for addresses of this machine or of a private network. */
  privateNetwork: z.boolean().optional(),
  /** Variables whose values are secrets, by the names that "tools secret" gave them. */
  secrets: z.record(EnvironmentName, SecretName).refine(decidesNothing, DECIDES).optional(),
  memoryMb: z.number().int().min(32).max(4096).default(256),
});
export type StdioPeer = z.infer<typeof StdioPeer>;

/** A server that is reached over Streamable HTTP. */
export const HttpPeer = z.strictObject({
  id: Name,
  transport: z.literal('http'),
  url: z.url({ protocol: /^https?$/ }).max(500),
  /** Whether its name may stand for an address of this machine or of a private network. */
  privateNetwork: z.boolean().default(false),
  /** Headers whose values are secrets, by the names that "tools secret" gave them. */
  secrets: z.record(HeaderName, SecretName).optional(),
});
export type HttpPeer = z.infer<typeof HttpPeer>;

export const Peer = z.discriminatedUnion('transport', [StdioPeer, HttpPeer]);
export type Peer = z.infer<typeof Peer>;

export const Version = z.string().regex(/^\d{1,6}\.\d{1,6}\.\d{1,6}$/, 'must be a version such as 1.0.0');

const Effect = z.strictObject({
  class: EffectClass,
  /** For how many hours it can be taken back. */
  reversibleForHours: z.number().int().min(1).max(8760).optional(),
  blast: z.strictObject({
    resource: z.string().min(1).max(100),
    /** The argument whose length is the number of things touched; one without it. */
    items: Pointer.optional(),
    maxItems: z.number().int().min(1).max(10_000),
    perDay: z.number().int().min(1).max(1_000_000),
  }),
});

const Limits = z.strictObject({
  rate: z.strictObject({
    calls: z.number().int().min(1).max(100_000),
    per: z.enum(['second', 'minute', 'hour', 'day']),
  }),
  burst: z.number().int().min(1).max(10_000),
  concurrency: z.number().int().min(1).max(100),
  timeoutMs: z.number().int().min(100).max(600_000),
  /** How long the server may give no sign (a progress message) of working on a call; `timeoutMs` where it is not said. */
  idleMs: z.number().int().min(100).max(600_000).optional(),
  /**
   * How long after a call without an answer the server may still be working on it, so that nothing found means nothing;
   * at least, and where it is not said, `timeoutMs`.
   */
  settleMs: z.number().int().min(100).max(3_600_000).optional(),
});

/** A principal: `everyone`, or `person:NAME`, `group:NAME` or `role:NAME`. */
export const Principal = z
  .string()
  .regex(
    /^(everyone|(person|group|role):[a-z0-9][a-z0-9._-]{0,62})$/,
    'must be everyone, person:NAME, group:NAME or role:NAME',
  );

/** When a call waits for a person. `never` is for reads alone. */
const ApprovalRule = z.strictObject({
  when: z.enum(['always', 'tainted', 'never']),
  approvers: z.number().int().min(1).max(5).default(1),
  /** Whether whoever asked for the run may not approve it. */
  separation: z.boolean().default(false),
  expiresMinutes: z.number().int().min(1).max(10_080).default(30),
});

/** One version of one tool, and everything that bounds it. Immutable: its digest is its identity. */
export const ToolContract = z.strictObject({
  contract: Identifier,
  version: Version,
  /** What people and planner read; the server's own words are shown to neither. */
  title: z.string().min(1).max(80),
  description: z.string().min(1).max(500),
  peer: Peer,
  tool: z.strictObject({ name: z.string().min(1).max(128), definitionDigest: z.string().regex(SHA256) }),
  input: z.strictObject({ schema: JsonSchema, sinks: z.record(Pointer, Sink).default({}) }),
  output: z.strictObject({
    /**
     * What of the answer is the result: its structured content, its text parsed as JSON, or its text as `{ text }`.
     * `structured` where it is not said.
     */
    from: z.enum(['structured', 'json', 'text']).optional(),
    schema: JsonSchema,
    maxBytes: z
      .number()
      .int()
      .min(1)
      .max(4 * 1024 * 1024),
  }),
  effect: Effect,
  idempotency: z
    .strictObject({ mode: z.enum(['key', 'natural', 'none']), argument: Pointer.optional() })
    .default({ mode: 'none' }),
  /**
   * A reading contract that tells whether a call whose outcome is unknown took effect. `args` may hold "$key", the key
   * of the call; without it, what is found counts only where nothing was there before and just one is there now.
   */
  probe: z.strictObject({ contract: Range, args: Arguments, found: Pointer }).optional(),
  /**
   * A reading contract that tells what a call is about to overwrite. What it gives is kept as "$former", and the call
   * is not made where that cannot be read.
   */
  snapshot: z
    .strictObject({
      contract: Range,
      args: Arguments,
      /** What it gives after the call. Where it gives something else, somebody changed it since, and it is left alone. */
      becomes: Arguments.default({}),
    })
    .optional(),
  compensation: z
    .strictObject({
      contract: Range,
      args: Arguments,
      tolerateMissing: z.boolean().default(true),
      /** Where the call before compensating must still find what the journal says. */
      unchanged: z.array(Pointer).max(20).default([]),
    })
    .optional(),
  /** For whom it may be called. */
  users: z.array(Principal).min(1).max(50).default(['everyone']),
  /** Who may see in the tool what a call puts there; and so who may read what a call gives back. */
  audience: z.array(Principal).min(1).max(50).default(['everyone']),
  limits: Limits,
  budget: z.strictObject({
    cost: z.number().int().min(0).max(1_000_000),
    maxPerRun: z.number().int().min(1).max(10_000),
  }),
  approval: ApprovalRule,
  dryRun: z.strictObject({
    mode: z.enum(['native', 'simulate', 'none']),
    /** With `native`, the argument that makes it one, and its value. */
    argument: Pointer.optional(),
    value: z.unknown().optional(),
  }),
  /** Arguments and results that are kept as digests only. */
  redact: z.array(Pointer).max(50).default([]),
  retentionDays: z.number().int().min(1).max(3650).default(90),
});
export type ToolContract = z.infer<typeof ToolContract>;
