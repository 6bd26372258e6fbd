import type { Finding, PlannedCall, Playbook, Reference, Sink, ToolContract } from '@belay/contracts';
import { error, type FindContract, warning } from '../contracts/finding.js';
import type { JsonSchema } from '../contracts/json-schema.js';
import {
  asToken,
  fitsTypes,
  isWithin,
  requiredOf,
  schemaAt,
  typeOf,
  typesOf,
} from '../contracts/schema-at.js';
import { referencesIn } from '../plans/references-in.js';
import { knownAt, type KnownValue, type SeenStep } from './plan-types.js';

/** Whether a call has the arguments that its contract takes, and who decides what they decide. */
export function lintArguments(step: SeenStep, playbook: Playbook, find: FindContract): Finding[] {
  const { node } = step;
  if (!('contract' in node)) return [];
  const contract = find(node.contract);
  if (!contract)
    return [
      error('step.no-contract', '/steps', `${node.id} calls ${node.contract}: no such contract is approved.`),
    ];
  return [
    ...lintPlaces(node, contract),
    ...lintLiterals(node, contract),
    ...lintFlows(step, node, contract, playbook),
  ];
}

const finding = (node: PlannedCall, rule: string, message: string): Finding =>
  error(rule, '/steps', `${node.id}: ${message}`);

function lintPlaces(node: PlannedCall, contract: ToolContract): Finding[] {
  const { input, contract: name } = contract;
  const given = Object.keys(node.arguments);
  const key = keyOf(contract);
  const unknown = given.filter((argument) => !schemaAt(input.schema, `/${asToken(argument)}`));
  const missing = requiredOf(input.schema).filter(
    (argument) => !given.includes(argument) && argument !== key,
  );
  const keys = given.filter((argument) => argument === key);
  return [
    ...unknown.map((argument) => finding(node, 'argument.unknown', `${name} takes no ${argument}.`)),
    ...missing.map((argument) => finding(node, 'argument.missing', `${name} needs ${argument}.`)),
    ...keys.map((argument) =>
      finding(node, 'argument.key', `${argument} is given by Belay, so that a call is not made twice.`),
    ),
  ];
}

const keyOf = ({ idempotency: { mode, argument } }: ToolContract): string | undefined =>
  mode === 'key' ? argument?.slice(1) : undefined;

function lintLiterals(node: PlannedCall, { input }: ToolContract): Finding[] {
  const places = new Set((referencesIn(node.arguments) ?? []).map(({ at }) => at));
  const findings: Finding[] = [];
  const visit = (value: unknown, at: string): void => {
    if (places.has(at)) return;
    findings.push(...lintLiteral(node, value, at, schemaAt(input.schema, at)));
    if (typeof value !== 'object' || value === null) return;
    for (const [key, child] of Object.entries(value)) visit(child, `${at}/${asToken(key)}`);
  };
  visit(node.arguments, '');
  return findings;
}

function lintLiteral(
  node: PlannedCall,
  value: unknown,
  at: string,
  schema: JsonSchema | undefined,
): Finding[] {
  if (!schema) return [];
  if (!fitsTypes(new Set([typeOf(value)]), typesOf(schema)))
    return [finding(node, 'argument.type', `${at || 'the arguments'} takes another type than is given.`)];
  return Array.isArray(schema['enum']) && !schema['enum'].includes(value)
    ? [finding(node, 'argument.value', `${at} is none of the values that are allowed.`)]
    : [];
}

function lintFlows(step: SeenStep, node: PlannedCall, contract: ToolContract, playbook: Playbook): Finding[] {
  const findings: Finding[] = [];
  let isHeld = step.isDecidedByTools && contract.effect.class !== 'read';
  for (const { at, reference } of referencesIn(node.arguments) ?? []) {
    const place = `${reference.$from}${reference.at}`;
    const known = knownAt(step.values, reference);
    if (!known) {
      findings.push(finding(node, 'reference.unknown', `${place} is not there, or may not have happened.`));
      continue;
    }
    const sinks = sinksAt(contract, at);
    if (known.isUntrusted && sinks.length > 0) isHeld = true;
    if (!isOfType(known, schemaAt(contract.input.schema, at)))
      findings.push(finding(node, 'argument.type', `${at} takes another type than ${place} has.`));
    findings.push(...lintSlotSink(node, playbook, reference, sinks));
  }
  return [...findings, ...lintHeld(node, playbook, isHeld)];
}

function isOfType({ schema }: KnownValue, wanted: JsonSchema | undefined): boolean {
  const given = typesOf(schema);
  return !wanted || !given || fitsTypes(given, typesOf(wanted));
}

// A slot says what it decides, so that whoever approves the playbook sees it beside the question.
function lintSlotSink(
  node: PlannedCall,
  { slots }: Playbook,
  { $from, at }: Reference,
  sinks: readonly Sink[],
): Finding[] {
  const name = at.split('/')[1] ?? '';
  const slot = $from === 'slots' ? slots[name] : undefined;
  if (!slot) return [];
  return sinks
    .filter(() => slot.sink === 'content')
    .map((sink) =>
      finding(node, 'slot.sink', `the slot ${name} decides a ${sink} here: set its sink to ${sink}.`),
    );
}

function lintHeld({ id }: PlannedCall, { held }: Playbook, isHeld: boolean): Finding[] {
  if (isHeld && !held.includes(id))
    return [
      error(
        'sink.untrusted',
        '/held',
        `Text of a tool decides what ${id} does, so that somebody is asked each time: name it in held.`,
      ),
    ];
  if (!isHeld && held.includes(id))
    return [warning('held.needless', '/held', `No text of a tool decides what ${id} does.`)];
  return [];
}

const sinksAt = ({ input }: ToolContract, at: string): Sink[] =>
  Object.entries(input.sinks)
    .filter(([pointer, sink]) => sink !== 'content' && (isWithin(at, pointer) || isWithin(pointer, at)))
    .map(([, sink]) => sink);
