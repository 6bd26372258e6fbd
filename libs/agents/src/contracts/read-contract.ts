import { readAs, ToolContract } from '@belay/contracts';
import { DomainError } from '@belay/errors';
import { parseDocument } from 'yaml';
import { digestOf } from './canonical-json.js';

const MOST_ALIASES = 20;

/**
 * A contract document from its text, YAML 1.2 or JSON, with its digest: that of its canonical form, defaults written
 * out, so that comments and layout change nothing. Throws `contracts.invalid` with every place that is wrong.
 */
export function readContract(text: string): { document: ToolContract; digest: string } {
  const { data, problem } = readAs(ToolContract, readYaml(text), 'The document');
  if (data === undefined)
    throw new DomainError('contracts.invalid', `This is not a tool contract. ${problem}`);
  return { document: data, digest: digestOf(data) };
}

/** One YAML or JSON value; keys that occur twice, several documents and floods of aliases are refused. */
export function readYaml(text: string): unknown {
  const document = parseDocument(text, { uniqueKeys: true, version: '1.2' });
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

const firstLine = (text: string): string => (text.split('\n', 1)[0] ?? '').replace(/:$/, '.');
