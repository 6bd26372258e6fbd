import vm from 'node:vm';
import { isDeeperThan } from '@belay/contracts';
import { DomainError } from '@belay/errors';
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { RE2JS } from 're2js';
import { canonicalJson } from './canonical-json.js';
import { linearExpression, type PartsLeft } from './linear-expression.js';

/** A JSON Schema object as a contract or a server gives it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a value does not fulfil, in words, or that it took too long to say; empty for a valid one. */
export interface Check {
  (value: unknown): string[];
  /** The same without a word of the value: the place in the schema that is not fulfilled; undefined for a valid one. */
  readonly brokenRule: (value: unknown) => string | undefined;
  /** That place with what it asks for, in the words of the schema alone: names within a value are the value's, too. */
  readonly brokenRuleInWords: (value: unknown) => string | undefined;
}

const MOST_BYTES = 256 * 1024;
const MOST_DEPTH = 48;
const MOST_SCHEMAS = 3000;
const MOST_PARTS = 50_000;
// By the clock, so that a busy machine alone must not come near it.
const TIME_MS = 5000;
const DIALECTS: Record<string, '2020-12' | 'draft-07'> = {
  'https://json-schema.org/draft/2020-12/schema': '2020-12',
  'http://json-schema.org/draft-07/schema': 'draft-07',
  'https://json-schema.org/draft-07/schema': 'draft-07',
};
// Below these the clock costs more than the check.
const PLAIN_SCHEMAS = 200;
const PLAIN_BYTES = 32 * 1024;
const SHORT = 4096;
// The expression for "url" takes time by the square of the text.
const NOT_PLAIN =
  /"(?:\$ref|\$dynamicRef|\$recursiveRef|pattern|patternProperties|uniqueItems)":|"format":"url"/;
// Of the keywords that are schemas by name rather than schemas, none is looked into for a reference.
const VALUES = new Set(['const', 'enum', 'default', 'examples', 'example']);

// Regular expressions of servers run in time linear to the text (RE2), whatever they look like.
class LinearExpression {
  private readonly expression: RE2JS;
  constructor(
    private readonly source: string,
    left: PartsLeft,
  ) {
    this.expression = linearExpression(source, left);
  }
  test(text: string): boolean {
    return this.expression.matcher(text).find();
  }
  // Ajv keeps expressions by this text: without it, all would be the first one.
  toString(): string {
    return this.source;
  }
}
function options(): Options {
  const left = { parts: MOST_PARTS };
  const regExp = Object.assign((source: string) => new LinearExpression(source, left), {
    code: 'new LinearExpression',
  });
  return { ...OPTIONS, code: { regExp: regExp as unknown as LinearOption } };
}
type LinearOption = NonNullable<NonNullable<Options['code']>['regExp']>;
const OPTIONS: Options = {
  strict: false,
  allErrors: false,
  validateSchema: true,
  logger: false,
  inlineRefs: false,
};

/**
 * Compiles a schema of the declared dialect: 2020-12, where none is declared, or draft-07. Size, depth, references,
 * expressions and time are bounded: nothing is fetched, and neither compiling nor checking takes long. Throws
 * `contracts.invalid` with the reason.
 */
export function compileSchema(schema: JsonSchema, what: string): Check {
  const refuse = (reason: string): never => {
    throw new DomainError('contracts.invalid', `The ${what} is refused: ${reason}`);
  };
  const { dialect, isPlain } = bounded(schema, refuse);
  const validate = withinTime((): ValidateFunction => {
    const ajv = dialect === 'draft-07' ? new Ajv(options()) : new Ajv2020(options());
    formats.default(ajv);
    return ajv.compile(schema);
  }, refuse);
  const isValid = (value: unknown): boolean =>
    isPlain && isShort(value) ? validate(value) : withinTime(() => validate(value), refuse);
  const errorsOf = (value: unknown): readonly ErrorObject[] =>
    isValid(value) ? [] : (validate.errors ?? []);
  const check = (value: unknown): string[] => {
    try {
      return errorsOf(value).map(inWords);
    } catch (error) {
      return [(error as Error).message];
    }
  };
  const firstOf = (value: unknown): Rule | undefined => {
    try {
      return errorsOf(value)[0];
    } catch {
      return TOO_LONG;
    }
  };
  const brokenRule = (value: unknown): string | undefined => firstOf(value)?.schemaPath;
  const brokenRuleInWords = (value: unknown): string | undefined => {
    const { schemaPath, message } = firstOf(value) ?? {};
    return message === undefined ? schemaPath : `${message} (${schemaPath})`;
  };
  return Object.assign(check, { brokenRule, brokenRuleInWords });
}

type Rule = Pick<ErrorObject, 'schemaPath' | 'message'>;
const TOO_LONG: Rule = { schemaPath: 'it takes too long to check' };

interface Bounded {
  readonly dialect: '2020-12' | 'draft-07';
  /** Whether each of its few parts is looked at once for each place of a value, so that a short one takes no time. */
  readonly isPlain: boolean;
}

/** What is known of a schema that keeps every bound. */
function bounded(schema: JsonSchema, refuse: (reason: string) => never): Bounded {
  const declared = schema['$schema'];
  const dialect =
    declared === undefined
      ? '2020-12'
      : DIALECTS[typeof declared === 'string' ? declared.replace(/#$/, '') : ''];
  if (!dialect) return refuse('its $schema is neither JSON Schema 2020-12 nor draft-07.');
  if (isDeeperThan(schema, MOST_DEPTH)) return refuse(`it is nested deeper than ${MOST_DEPTH} levels.`);
  const text = canonicalJson(schema);
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES) return refuse(`it is larger than ${MOST_BYTES / 1024} KiB.`);
  let schemas = 0;
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    schemas += 1;
    if (schemas > MOST_SCHEMAS) refuse(`it has more than ${MOST_SCHEMAS} parts.`);
    if (!Array.isArray(node)) forbid(node as JsonSchema, node === schema, refuse);
    for (const [key, child] of Object.entries(node))
      if (Array.isArray(node) || !VALUES.has(key)) visit(child);
  };
  visit(schema);
  const isPlain = schemas <= PLAIN_SCHEMAS && bytes <= PLAIN_BYTES && !NOT_PLAIN.test(text);
  return { dialect, isPlain };
}

const isShort = (value: unknown): boolean => JSON.stringify(value ?? null).length <= SHORT;

// A keyword's value may also be a property of that name, which is an object: only texts are references.
function forbid(node: JsonSchema, isRoot: boolean, refuse: (reason: string) => never): void {
  for (const key of ['$ref', '$dynamicRef', '$recursiveRef']) {
    const target = node[key];
    if (typeof target === 'string' && !target.startsWith('#'))
      refuse(`${key} leaves the document: nothing is fetched.`);
  }
  if (node['$async'] === true) refuse('$async is not part of JSON Schema.');
  if (!isRoot && typeof node['$id'] === 'string') refuse('a part of it has an $id of its own.');
  if (node['uniqueItems'] === true && !(Number(node['maxItems']) <= 1000)) {
    refuse('uniqueItems needs maxItems of 1000 at most.');
  }
}

// No sandbox, only a clock that can break off what runs; one for all, because a context takes a millisecond to make.
const CLOCK: { work?: () => unknown } = vm.createContext({});
const RUN = new vm.Script('work()');

function withinTime<T extends ValidateFunction | boolean>(
  work: () => T,
  refuse: (reason: string) => never,
): T {
  try {
    CLOCK.work = work;
    return RUN.runInContext(CLOCK, { timeout: TIME_MS }) as T;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return refuse(`it takes longer than ${TIME_MS} ms.`);
    return refuse(message);
  } finally {
    delete CLOCK.work;
  }
}

function inWords({ instancePath, message = 'is not valid', params }: ErrorObject): string {
  const name = params['additionalProperty'] ?? params['unevaluatedProperty'];
  return `${instancePath || 'the value'} ${message}${typeof name === 'string' ? `: ${name}` : ''}`;
}
