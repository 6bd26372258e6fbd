import type { Finding, ToolContract } from '@belay/contracts';
import { error, type FindContract, warning } from './finding.js';
import type { JsonSchema } from './json-schema.js';
import { fitsTypes, requiredOf, schemaAt, typeOf, typesOf } from './schema-at.js';

/** Whether compensation and probe exist, and take what arguments and result of this contract are. */
export function lintWayBack(contract: ToolContract, find: FindContract): Finding[] {
  const { compensation, probe } = contract;
  const findings: Finding[] = [];
  if (compensation) {
    findings.push(...lintCall(contract, compensation, '/compensation', find));
    for (const pointer of compensation.unchanged) {
      if (!schemaAt(contract.output.schema, pointer))
        findings.push(
          error('compensation.unchanged', '/compensation/unchanged', `The result has nothing at ${pointer}.`),
        );
    }
  }
  findings.push(...lintSnapshot(contract, find));
  if (!probe) return findings;
  const probing = find(probe.contract);
  if (probing && probing.effect.class !== 'read')
    findings.push(
      error('probe.has-effect', '/probe/contract', 'What asks whether a call took effect must only read.'),
    );
  if (probing && !schemaAt(probing.output.schema, probe.found))
    findings.push(error('probe.found', '/probe/found', `Its result has nothing at ${probe.found}.`));
  // Before there is a result, only the arguments are known.
  if (Object.values(probe.args).some((value) => isReference(value) && value.startsWith('$result')))
    findings.push(
      error('probe.result', '/probe/args', 'A probe is asked when there is no result: use $input.'),
    );
  return [...findings, ...lintOwn(contract), ...lintCall(contract, probe, '/probe', find)];
}

// What is asked for by a subject or a name may be somebody else's.
function lintOwn({ probe, idempotency }: ToolContract): Finding[] {
  const isByKey = Object.values(probe?.args ?? {}).includes(KEY);
  if (isByKey && idempotency.mode !== 'key')
    return [error('probe.no-key', '/probe/args', 'No argument carries a key: set /idempotency/mode to key.')];
  // What may be made again is settled by that.
  if (isByKey || idempotency.mode === 'natural') return [];
  return [
    warning(
      'probe.not-own',
      '/probe/args',
      'It may find what is another\'s. Give it "$key" if the server can find by key; else somebody must look wherever something was there before or more than one is found.',
    ),
  ];
}

function lintCall(
  contract: ToolContract,
  call: { readonly contract: string; readonly args: Readonly<Record<string, unknown>> },
  at: string,
  find: FindContract,
): Finding[] {
  const target = find(call.contract);
  if (!target)
    return [
      error(
        'reference.unknown',
        `${at}/contract`,
        `No approved contract is ${call.contract}. Approve it first.`,
      ),
    ];
  const findings: Finding[] = [];
  if (target.peer.id !== contract.peer.id)
    findings.push(
      error(
        'reference.peer',
        `${at}/contract`,
        `${call.contract} is a tool of ${target.peer.id}, which would be given what ${contract.peer.id} said. Name one of ${contract.peer.id}.`,
      ),
    );
  for (const [pointer, value] of Object.entries(call.args)) {
    const wanted = schemaAt(target.input.schema, pointer);
    if (!wanted) {
      findings.push(
        error('reference.argument', `${at}/args`, `${call.contract} takes nothing at ${pointer}.`),
      );
      continue;
    }
    if (value === KEY && at !== '/probe') {
      findings.push(error('reference.source', `${at}/args`, 'A probe alone is given the key of the call.'));
      continue;
    }
    const given = typesGiven(contract, value, find);
    if (!given)
      findings.push(error('reference.source', `${at}/args`, `There is nothing at ${String(value)}.`));
    else if (!fitsTypes(given, typesOf(wanted)))
      findings.push(
        error(
          'reference.type',
          `${at}/args`,
          `${pointer} takes another type than ${JSON.stringify(value)} has.`,
        ),
      );
  }
  return [...findings, ...missing(target.input.schema, call.args, at, call.contract)];
}

function missing(
  schema: JsonSchema,
  args: Readonly<Record<string, unknown>>,
  at: string,
  name: string,
): Finding[] {
  return requiredOf(schema)
    .filter((key) => !Object.keys(args).some((pointer) => pointer === '' || pointer.split('/')[1] === key))
    .map((key) => error('reference.missing', `${at}/args`, `${name} needs /${key}.`));
}

const isReference = (value: unknown): value is string =>
  typeof value === 'string' && /^\$(input|result|former)(\/|$)/.test(value);

/** What is read before a call, so that it can be restored. */
function lintSnapshot(contract: ToolContract, find: FindContract): Finding[] {
  const { snapshot, compensation } = contract;
  const sources = Object.values({ ...compensation?.args, ...contract.probe?.args });
  if (!snapshot)
    return sources.some((value) => isReference(value) && value.startsWith('$former'))
      ? [error('snapshot.missing', '/snapshot', '$former is what a snapshot gave: name one.')]
      : [];
  const reading = find(snapshot.contract);
  const findings = lintCall(contract, snapshot, '/snapshot', find);
  if (reading && reading.effect.class !== 'read')
    findings.push(
      error('snapshot.has-effect', '/snapshot/contract', 'What is read before must only be read.'),
    );
  const early = [...Object.values(snapshot.args), ...Object.values(snapshot.becomes)];
  if (early.some((value) => isReference(value) && !value.startsWith('$input')))
    findings.push(
      error('snapshot.source', '/snapshot', 'A snapshot knows the arguments of the call alone: use $input.'),
    );
  const unknown = Object.keys(snapshot.becomes).filter(
    (at) => reading && !schemaAt(reading.output.schema, at),
  );
  for (const at of unknown)
    findings.push(error('snapshot.becomes', '/snapshot/becomes', `Its result has nothing at ${at}.`));
  if (Object.keys(snapshot.becomes).length === 0)
    findings.push(
      warning(
        'snapshot.overwrites',
        '/snapshot/becomes',
        'What somebody writes after the call is overwritten when it is taken back.',
      ),
    );
  return findings;
}

const KEY = '$key';

// Nothing known of a type is a type that may fit; nothing there is not.
function typesGiven(
  contract: ToolContract,
  value: unknown,
  find: FindContract,
): ReadonlySet<string> | undefined {
  if (value === KEY || !isReference(value)) return new Set([typeOf(value)]);
  const schema = schemaOfSource(contract, value, find);
  const pointer = value.replace(/^\$[a-z]+/, '');
  const found = schema && schemaAt(schema, pointer.replaceAll('/*', '/0'));
  if (!found) return undefined;
  return pointer.includes('/*') ? new Set(['array']) : (typesOf(found) ?? new Set());
}

function schemaOfSource(
  { input, output, snapshot }: ToolContract,
  source: string,
  find: FindContract,
): JsonSchema | undefined {
  if (source.startsWith('$input')) return input.schema;
  return source.startsWith('$result') ? output.schema : snapshot && find(snapshot.contract)?.output.schema;
}
