import { type Finding, type ToolContract, hasUnseen } from '@belay/contracts';
import { isDomainError } from '@belay/errors';
import { error, type FindContract, warning } from './finding.js';
import { guessSinks } from './guess-sinks.js';
import { compileSchema, type JsonSchema } from './json-schema.js';
import { lintWayBack } from './lint-way-back.js';
import { schemaAt, tokensOf, typesOf } from './schema-at.js';

/** What is wrong with a contract, or weak about it. A contract with an error is not registered. */
export function lintContract(contract: ToolContract, find: FindContract): Finding[] {
  const schemas = [
    ...lintSchema(contract.input.schema, '/input/schema'),
    ...lintSchema(contract.output.schema, '/output/schema'),
  ];
  if (schemas.some(({ severity }) => severity === 'error')) return schemas;
  return [
    ...schemas,
    ...lintName(contract),
    ...lintWords(contract),
    ...lintPeer(contract),
    ...lintInput(contract),
    ...lintOutput(contract),
    ...lintEffect(contract),
    ...lintOutcome(contract),
    ...lintPointers(contract),
    ...lintDryRun(contract),
    ...lintWayBack(contract, find),
  ];
}

function lintSchema(schema: JsonSchema, at: string): Finding[] {
  try {
    compileSchema(schema, 'schema');
    return [];
  } catch (cause) {
    if (isDomainError(cause, 'contracts.invalid')) return [error('schema.refused', at, cause.message)];
    throw cause;
  }
}

// What is Belay's own is in no registry, and nothing in a registry passes for it.
function lintName({ contract, peer }: ToolContract): Finding[] {
  if (!contract.startsWith('belay.') && peer.id !== 'belay') return [];
  return [error('name.reserved', '/contract', 'Names that begin with "belay" are of Belay itself.')];
}

function lintWords({ title, description }: ToolContract): Finding[] {
  return Object.entries({ title, description })
    .filter(([, text]) => hasUnseen(text))
    .map(([field]) =>
      error('words.unseen', `/${field}`, 'It holds characters that people do not see. Remove them.'),
    );
}

function lintInput({ input, effect, tool }: ToolContract): Finding[] {
  const { schema, sinks } = input;
  const findings: Finding[] = [];
  if (!typesOf(schema)?.has('object'))
    findings.push(
      error('input.no-object', '/input/schema', 'Arguments are an object: set type to "object".'),
    );
  if (schema['additionalProperties'] !== false && schema['unevaluatedProperties'] !== false)
    findings.push(
      error(
        'input.open',
        '/input/schema',
        'Any further argument would be let through: set additionalProperties to false.',
      ),
    );
  for (const pointer of Object.keys(sinks)) {
    if (!schemaAt(schema, pointer))
      findings.push(error('input.unknown-sink', `/input/sinks`, `The schema has nothing at ${pointer}.`));
  }
  if (effect.class === 'read') return findings;
  for (const [pointer, sink] of Object.entries(guessSinks(schema, tool.name))) {
    if (!(pointer in sinks))
      findings.push(
        warning('input.no-sink', '/input/sinks', `${pointer} looks like a ${sink}. Say what it decides.`),
      );
  }
  return findings;
}

// What says something of one argument alone, and what its references lead to.
const KEPT = new Set(['$schema', '$defs', 'definitions', 'properties']);
const SECRET_NAME = /(token|secret|passw|credential|api_?key|private_?key)/i;

/** What of a server's settings whoever approves should look at twice. */
function lintPeer({ peer }: ToolContract): Finding[] {
  const findings = peer.privateNetwork
    ? [
        warning(
          'peer.private-network',
          '/peer/privateNetwork',
          'It may reach this machine and the network around it.',
        ),
      ]
    : [];
  if (peer.transport === 'http') return findings;
  for (const name of Object.keys(peer.environment)) {
    if (SECRET_NAME.test(name))
      findings.push(
        warning(
          'peer.open-secret',
          '/peer/environment',
          `${name} looks like a secret, and this text is for everybody to read: give it with "tools secret set".`,
        ),
      );
  }
  return findings;
}

// A result that is text is `{ text }`, whatever the server answers.
function lintOutput({ output }: ToolContract): Finding[] {
  if (output.from !== 'text') return [];
  const fits = typesOf(schemaAt(output.schema, '/text'))?.has('string');
  return fits
    ? []
    : [error('output.no-text', '/output/schema', 'With from: text the result is { text }: describe that.')];
}

interface Rule {
  readonly isBroken: (contract: ToolContract) => boolean;
  readonly finding: Finding;
}

const isRead = ({ effect }: ToolContract): boolean => effect.class === 'read';
const isFinal = ({ effect }: ToolContract): boolean => effect.class === 'irreversible';

/** What the class of an effect asks of the rest of its contract. */
const EFFECT_RULES: readonly Rule[] = [
  {
    isBroken: (contract) => isRead(contract) && contract.compensation !== undefined,
    finding: error('effect.read-with-way-back', '/compensation', 'What only reads has nothing to take back.'),
  },
  {
    isBroken: (contract) => !isRead(contract) && !isFinal(contract) && !contract.compensation,
    finding: error('effect.no-way-back', '/compensation', 'Name the contract that takes the effect back.'),
  },
  {
    isBroken: (contract) => isFinal(contract) && contract.approval.when !== 'always',
    finding: error(
      'approval.irreversible',
      '/approval/when',
      'What cannot be taken back is always approved.',
    ),
  },
  {
    isBroken: (contract) => isFinal(contract) && !contract.approval.separation,
    finding: error(
      'approval.no-separation',
      '/approval/separation',
      'What cannot be taken back is approved by somebody else than who asked for it.',
    ),
  },
  {
    isBroken: (contract) => !isRead(contract) && contract.approval.when === 'never',
    finding: error(
      'approval.never',
      '/approval/when',
      'Only reads go without any approval: say "tainted" or "always".',
    ),
  },
  {
    isBroken: (contract) => !isRead(contract) && contract.dryRun.mode === 'none',
    finding: warning('dry-run.none', '/dryRun/mode', 'Whoever approves sees no preview.'),
  },
];

const lintEffect = (contract: ToolContract): Finding[] =>
  EFFECT_RULES.filter(({ isBroken }) => isBroken(contract)).map(({ finding }) => finding);

// After a crash between sending and reading the reply, something must tell whether the call took effect.
function lintOutcome({ effect, idempotency, probe, input }: ToolContract): Finding[] {
  const { mode, argument } = idempotency;
  if (effect.class !== 'read' && mode === 'none' && !probe)
    return [
      error(
        'outcome.cannot-be-known',
        '/idempotency',
        'Name a key, say that repeating does no harm ("natural"), or add a probe.',
      ),
    ];
  if (mode !== 'key') return [];
  if (argument === undefined || !typesOf(schemaAt(input.schema, argument))?.has('string'))
    return [
      error(
        'idempotency.no-argument',
        '/idempotency/argument',
        'A key needs a text argument that carries it.',
      ),
    ];
  return [];
}

function lintPointers({ input, output, effect, redact, dryRun }: ToolContract): Finding[] {
  const findings = redact
    .filter((pointer) => !schemaAt(input.schema, pointer) && !schemaAt(output.schema, pointer))
    .map((pointer) =>
      error('redact.unknown', '/redact', `Neither arguments nor result have anything at ${pointer}.`),
    );
  const { items } = effect.blast;
  if (items !== undefined && !typesOf(schemaAt(input.schema, items))?.has('array'))
    findings.push(
      error('blast.no-array', '/effect/blast/items', `${items} is not an array of the arguments.`),
    );
  if (dryRun.argument !== undefined && !schemaAt(input.schema, dryRun.argument))
    findings.push(
      error('dry-run.unknown', '/dryRun/argument', `The arguments have nothing at ${dryRun.argument}.`),
    );
  return findings;
}

// Whatever the server does not take for "only try" is the call itself.
function lintDryRun({ dryRun, input }: ToolContract): Finding[] {
  const { mode, argument = '', value } = dryRun;
  if (mode !== 'native') return [];
  const [token, ...deeper] = tokensOf(argument);
  const part = schemaAt(input.schema, argument);
  if (token === undefined || deeper.length > 0 || !part)
    return [
      error(
        'dry-run.no-argument',
        '/dryRun/argument',
        'Say which argument makes the server only try: one of its own, such as /dryRun, not a part of one.',
      ),
    ];
  if (value === undefined || value === null)
    return [
      error('dry-run.no-value', '/dryRun/value', `Say which value of ${argument} makes the server only try.`),
    ];
  return fits(input.schema, token, value)
    ? []
    : [error('dry-run.value', '/dryRun/value', `${argument} does not take that value.`)];
}

/** Whether an argument takes a value, whatever the others are. */
function fits(schema: JsonSchema, token: string, value: unknown): boolean {
  const kept = Object.entries(schema).filter(([key]) => KEPT.has(key));
  const alone = { ...Object.fromEntries(kept), type: 'object', required: [token] };
  try {
    return compileSchema(alone, 'schema')({ [token]: value }).length === 0;
  } catch (cause) {
    if (isDomainError(cause, 'contracts.invalid')) return false;
    throw cause;
  }
}
