import { DomainError } from '@belay/errors';
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  Parser,
} from 'yaml';

/** How deep a document may be nested. */
export const MOST_DEPTH = 100;
const MOST_ALIASES = 20;
// Of all values together: each is looked up among them all.
const MOST_ALIASES_IN_ALL = 200;
// Above what a value that is still allowed comes to.
const MOST_OPEN = 2 * MOST_DEPTH;

/**
 * One YAML or JSON value; keys that occur twice, several documents and floods of aliases are refused. No key, error or
 * alias costs more the more there are. Throws `contracts.invalid` with the first place that is wrong.
 */
export function readYaml(text: string): unknown {
  const lines = new LineCounter();
  const document = parsed(text, lines);
  const [error] = document.errors;
  if (error) throw unreadable(error.message, lines, error.pos[0]);
  const { aliases, duplicate } = lookedThrough(document);
  if (duplicate !== undefined) throw unreadable('Map keys must be unique', lines, duplicate);
  if (aliases > MOST_ALIASES_IN_ALL) throw invalid(`The text has more than ${MOST_ALIASES_IN_ALL} aliases.`);
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch {
    throw invalid(`The text has more than ${MOST_ALIASES} aliases, or one that is circular.`);
  }
}

function parsed(text: string, lineCounter: LineCounter): Document.Parsed {
  try {
    if (isNestedDeeply(text)) throw invalid(`The text is nested deeper than ${MOST_DEPTH} levels.`);
    // With `uniqueKeys` each key is compared with all before it, and each pretty error copies its line.
    return parseDocument(text, { uniqueKeys: false, prettyErrors: false, version: '1.2', lineCounter });
  } catch (cause) {
    if (cause instanceof DomainError) throw cause;
    // The parser has errors of its own for what is no YAML. Where the stack ends, anything may be thrown.
    throw invalid('The text is neither YAML nor JSON. It cannot be read.');
  }
}

// What makes the values calls itself once a level; what only finds where each begins does not.
function isNestedDeeply(text: string): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) void token;
    if (parser.stack.length > MOST_OPEN) return true;
  }
  return false;
}

/** How many aliases there are, and where the first key is that its map has already. */
function lookedThrough({ contents }: Document.Parsed): { aliases: number; duplicate: number | undefined } {
  const open: unknown[] = [contents];
  let aliases = 0;
  let duplicate: number | undefined;
  while (open.length > 0) {
    const node = open.pop();
    if (isAlias(node)) aliases += 1;
    if (isPair(node)) open.push(node.key, node.value);
    if (isSeq(node) || isMap(node)) for (const item of node.items) open.push(item);
    const found = isMap(node) ? duplicateIn(node.items.map(({ key }) => key)) : undefined;
    if (found !== undefined) duplicate = Math.min(found, duplicate ?? found);
  }
  return { aliases, duplicate };
}

function duplicateIn(keys: readonly unknown[]): number | undefined {
  const known = new Set<unknown>();
  for (const key of keys) {
    if (!isScalar(key)) continue;
    if (known.has(key.value)) return key.range?.[0];
    known.add(key.value);
  }
  return undefined;
}

function unreadable(problem: string, lines: LineCounter, offset: number): DomainError {
  const { line, col } = lines.linePos(offset);
  const [first = ''] = problem.split('\n', 1);
  return invalid(`The text is neither YAML nor JSON. ${first} at line ${line}, column ${col}.`);
}

const invalid = (message: string): DomainError => new DomainError('contracts.invalid', message);
