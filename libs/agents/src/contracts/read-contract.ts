import { isDeeperThan, readAs, ToolContract } from '@belay/contracts';
import { DomainError } from '@belay/errors';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { digestOf } from './canonical-json.js';

const MOST_ALIASES = 20;
const MOST_DEPTH = 100;

/**
 * A document of the registry from its text, YAML 1.2 or JSON, with its digest: that of its canonical form, defaults
 * written out, so that comments and layout change nothing. Throws `contracts.invalid` with every place that is wrong.
 */
export function readDocument<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  what: string,
): { document: z.infer<Schema>; digest: string } {
  const raw = readYaml(text);
  if (isDeeperThan(raw, MOST_DEPTH))
    throw new DomainError(
      'contracts.invalid',
      `This is not a ${what}. It is nested deeper than ${MOST_DEPTH} levels.`,
    );
  const { data, problem } = readAs(schema, raw, 'The document');
  if (data === undefined) throw new DomainError('contracts.invalid', `This is not a ${what}. ${problem}`);
  return { document: data, digest: digestOf(data) };
}

/** A tool contract from its text, as `readDocument`. */
export const readContract = (text: string): { document: ToolContract; digest: string } =>
  readDocument(ToolContract, text, 'tool contract');

/** One YAML or JSON value; keys that occur twice, several documents and floods of aliases are refused. */
export function readYaml(text: string): unknown {
  const document = parsed(text);
  const [error] = document.errors;
  if (error)
    throw new DomainError(
      'contracts.invalid',
      `The text is neither YAML nor JSON. ${firstLine(error.message)}`,
    );
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch {
    throw new DomainError(
      'contracts.invalid',
      `The text has more than ${MOST_ALIASES} aliases, or one that is circular.`,
    );
  }
}

function parsed(text: string): ReturnType<typeof parseDocument> {
  try {
    return parseDocument(text, { uniqueKeys: true, version: '1.2' });
  } catch (cause) {
    // The parser calls itself once a level.
    if (cause instanceof RangeError)
      throw new DomainError('contracts.invalid', `The text is nested deeper than ${MOST_DEPTH} levels.`);
    throw cause;
  }
}

const firstLine = (text: string): string => (text.split('\n', 1)[0] ?? '').replace(/:$/, '.');
