import { isDeeperThan, readAs, ToolContract } from '@belay/contracts';
import { DomainError } from '@belay/errors';
import type { z } from 'zod';
import { digestOf } from './canonical-json.js';
import { MOST_DEPTH, readYaml } from './read-yaml.js';

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
