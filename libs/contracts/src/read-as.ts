import { z } from 'zod';
import { isDeeperThan } from './is-deeper-than.js';
import { findUnstorable, NOT_STORABLE } from './storable.js';

const MOST_DEPTH = 100;

type RawIssue = Parameters<z.core.$ZodErrorMap>[0];

/** What `readAs` gives: the value as its contract has it, or what is wrong with it in sentences. */
type Reading<T> =
  | { readonly data: T; readonly problem?: undefined }
  | { readonly data?: undefined; readonly problem: string };

/** A place of a value that is not as its contract has it, and what it must be: "must be …", "is missing". */
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Reads a value by its contract; `issues` has one entry for each place that is wrong. */
export function readIssues<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
):
  | { readonly data: z.infer<Schema>; readonly issues?: undefined }
  | { readonly data?: undefined; readonly issues: readonly Issue[] } {
  // Contracts that contain themselves are read by recursion.
  if (isDeeperThan(value, MOST_DEPTH)) return { issues: [{ path: [], message: 'is nested too deeply' }] };
  const parsed = schema.safeParse(value, { error: sayIssue });
  if (!parsed.success) return { issues: parsed.error.issues };
  // A database would refuse it later, or keep something else than was said.
  const path = findUnstorable(parsed.data);
  return path === undefined ? { data: parsed.data } : { issues: [{ path, message: NOT_STORABLE }] };
}

/**
 * Reads a value by its contract. `problem` says of each bad field in a plain sentence what it must be; `whole` is what
 * the value itself is called. A contract's own wording goes on after the field's name: "must be …".
 */
export function readAs<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  whole = 'The request',
): Reading<z.infer<Schema>> {
  const { data, issues } = readIssues(schema, value);
  if (!issues) return { data };
  const sentences = issues.map(
    (issue) => `${issue.path.length > 0 ? `"${placeOf(issue.path)}"` : whole} ${issue.message}.`,
  );
  return { problem: sentences.join(' ') };
}

/** `people[3].email` */
function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};
const FORMATS: Readonly<Record<string, string>> = {
  email: 'an e-mail address, as in ada@example.org',
  uuid: 'an id, as in 3f2c8a54-6c1e-4f0e-9a55-0c7d1f6b2e90',
  guid: 'an id, as in 3f2c8a54-6c1e-4f0e-9a55-0c7d1f6b2e90',
  datetime: 'a time with its zone, as in 2027-01-31T00:00:00Z',
  date: 'a day, as in 2027-01-31',
  url: 'an address, as in https://example.org',
};

function sayIssue(issue: RawIssue): string {
  if (issue.code === 'unrecognized_keys') return `holds ${quoted(issue.keys)}, which is not known here`;
  if (issue.input === undefined && issue.code !== 'custom') return 'is missing';
  return sayDemand(issue) ?? 'has a form that is not accepted here';
}

function sayDemand(issue: RawIssue): string | undefined {
  // Of a name that is refused, what it must be is said by whatever refused it.
  if (issue.code === 'invalid_key') return issue.issues[0]?.message;
  if (issue.code === 'invalid_type') return demand(TYPES[issue.expected]);
  if (issue.code === 'invalid_format') return demand(FORMATS[issue.format]);
  if (issue.code === 'invalid_value') return demand(`one of ${issue.values.map(String).join(', ')}`);
  if (issue.code === 'too_small')
    return sayLimit('least', issue.origin, Number(issue.minimum), issue.inclusive);
  if (issue.code === 'too_big') return sayLimit('most', issue.origin, Number(issue.maximum), issue.inclusive);
  return undefined;
}

const demand = (what: string | undefined): string | undefined => what && `must be ${what}`;
const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

function sayLimit(side: 'least' | 'most', origin: string, limit: number, inclusive = true): string {
  const units: Record<string, string> = { string: 'character', array: 'entry', set: 'entry' };
  const unit = units[origin];
  if (unit === undefined)
    return `must be ${inclusive ? `at ${side}` : side === 'least' ? 'more than' : 'less than'} ${limit}`;
  if (side === 'least' && limit === 1) return 'must not be empty';
  const many = unit === 'entry' ? 'entries' : 'characters';
  return `must have at ${side} ${limit} ${limit === 1 ? unit : many}`;
}
