/**
 * How tools become servers and contracts, by one policy for all of them: from the verb of a tool, the names and types
 * of its arguments and results, and the product's own guesses at what arguments decide. Nothing is decided for one tool.
 */
const READS = new Set([
  ...['get', 'search', 'view', 'list', 'read', 'retrieve', 'check', 'find', 'estimate', 'track', 'look'],
  ...['query', 'predict', 'analyze', 'navigate', 'download', 'monitor', 'fetch'],
]);
/** A verb, and those that take it back. */
const BACK = {
  create: ['delete', 'cancel', 'close', 'remove'],
  add: ['remove', 'delete'],
  schedule: ['cancel'],
  post: ['delete'],
  upload: ['delete'],
  lock: ['unlock'],
  enable: ['disable'],
  follow: ['unfollow'],
  like: ['unlike'],
  block: ['unblock'],
  join: ['leave'],
  grant: ['revoke'],
};
const TYPES = new Set(['string', 'integer', 'number', 'boolean', 'array', 'object']);
export const KEY = 'request_key';

const wordsOf = (name) => name.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
const kebab = (name) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '');

export const peerName = (toolkit) => kebab(toolkit).slice(0, 40);
export const contractName = (tool) => `${peerName(tool.toolkit)}.${kebab(tool.name)}`;
export const isRead = (tool) => READS.has(wordsOf(tool.name)[0]);

/** A tool as its server defines it. What has an effect takes a key, so that a repetition is known. */
export function definitionOf(tool) {
  const properties = propertiesOf(tool.parameters);
  if (!isRead(tool)) properties[KEY] = { type: 'string', maxLength: 200 };
  const required = tool.parameters.filter((one) => one.required).map(({ name }) => name);
  const result = propertiesOf(tool.returns ?? []);
  if (!isRead(tool)) result.id = { type: 'string' };
  return {
    name: tool.name,
    description: tool.summary ?? tool.name,
    inputSchema: { type: 'object', properties, required, additionalProperties: false },
    outputSchema: { type: 'object', properties: result },
    answer: sampleOf(result),
    isEffect: !isRead(tool),
    ...(!isRead(tool) && { key: KEY }),
    ...tool.recorder,
  };
}

function propertiesOf(list) {
  return Object.fromEntries(
    list.map(({ name, type, schema }) => [name, { ...(TYPES.has(type) && { type }), ...schema }]),
  );
}

const SAMPLES = { string: 'done', integer: 1, number: 1, boolean: true, array: [], object: {} };
const sampleOf = (properties) =>
  Object.fromEntries(
    Object.entries(properties).map(([name, { type, enum: values }]) => [
      name,
      values?.[0] ?? SAMPLES[type] ?? '',
    ]),
  );

/** The tool of the same toolkit that takes a tool's effect back, with the arguments it needs; undefined for none. */
export function wayBackOf(tool, tools) {
  const [verb, ...rest] = wordsOf(tool.name);
  for (const back of BACK[verb] ?? []) {
    const found = tools.find(
      ({ toolkit, name }) => toolkit === tool.toolkit && wordsOf(name).join() === [back, ...rest].join(),
    );
    const args = found && argumentsFor(found, definitionOf(tool));
    if (args) return { tool: found, args };
  }
  return undefined;
}

// Arguments of the same name and type: of the result before the arguments, since that is where new identifiers are.
function argumentsFor(back, { inputSchema, outputSchema }) {
  const args = {};
  for (const { name, type, required } of back.parameters) {
    if (outputSchema.properties[name]?.type === type) args[`/${name}`] = `$result/${name}`;
    else if (inputSchema.properties[name]?.type === type) args[`/${name}`] = `$input/${name}`;
    else if (required) return undefined;
  }
  return args;
}

/** The contract of a tool that its server offers, as a document. */
export function contractOf(tool, { tools, peer, digest, guessSinks }) {
  const definition = definitionOf(tool);
  const back = isRead(tool) ? undefined : wayBackOf(tool, tools);
  const isFinal = !isRead(tool) && !back;
  return {
    contract: contractName(tool),
    version: '1.0.0',
    title: tool.full.slice(0, 80),
    description: `Calls ${tool.name} of ${tool.toolkit}.`,
    peer,
    tool: { name: tool.name, definitionDigest: digest },
    input: {
      schema: definition.inputSchema,
      sinks: withoutKey(guessSinks(definition.inputSchema, tool.name)),
    },
    output: { schema: definition.outputSchema, maxBytes: 65_536 },
    effect: {
      class: isRead(tool) ? 'read' : isFinal ? 'irreversible' : 'compensable',
      blast: { resource: peer.id, maxItems: 10_000, perDay: 1_000_000 },
    },
    ...(!isRead(tool) && { idempotency: { mode: 'key', argument: `/${KEY}` } }),
    ...(back && { compensation: { contract: `${contractName(back.tool)}@^1`, args: back.args } }),
    limits: { rate: { calls: 100_000, per: 'second' }, burst: 10_000, concurrency: 100, timeoutMs: 20_000 },
    budget: { cost: 1, maxPerRun: 100 },
    approval: { when: isFinal ? 'always' : 'tainted', separation: isFinal },
    dryRun: { mode: 'simulate' },
    ...tool.contract,
  };
}

function withoutKey(sinks) {
  return Object.fromEntries(Object.entries(sinks).filter(([at]) => at !== `/${KEY}`));
}
