import { type Finding, Peer, Playbook, readIssues, ToolContract } from '@belay/contracts';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';

/** A finding with the line of the text that it is about. */
export interface PlacedFinding extends Finding {
  readonly line: number;
}

/** What a text of YAML or JSON says, or what is wrong with it, each with its line. */
export interface ReadText<T> {
  readonly value?: T;
  readonly findings: readonly PlacedFinding[];
  /** The line of a place in it. */
  readonly lineOf: (pointer: string) => number;
}

const MOST_ALIASES = 20;

/** Reads a contract as the server does, so that what is missing shows while it is written. */
export const readContractText = (text: string): ReadText<ToolContract> => read(text, ToolContract);
/** Reads a playbook. */
export const readPlaybookText = (text: string): ReadText<Playbook> => read(text, Playbook);
/** Reads the description of a server. */
export const readPeerText = (text: string): ReadText<Peer> => read(text, Peer);
/** Reads arguments, as YAML or JSON. */
export const readJsonObject = (text: string): ReadText<Record<string, unknown>> =>
  read(text, z.record(z.string(), z.unknown()));

function read<Schema extends z.ZodType>(text: string, schema: Schema): ReadText<z.infer<Schema>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { uniqueKeys: true, version: '1.2', lineCounter: lines });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const lineOf = (pointer: string): number => lineAt(offsetOf(document.contents, tokensOf(pointer)));
  const [error] = document.errors;
  if (error)
    return {
      findings: [
        {
          ...problem('', error.message.split('\n', 1)[0]?.replace(/:$/, '.') ?? ''),
          line: lineAt(error.pos[0]),
        },
      ],
      lineOf,
    };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch {
    return { findings: [{ ...problem('', `It has more than ${MOST_ALIASES} aliases.`), line: 1 }], lineOf };
  }
  const { data, issues } = readIssues(schema, value);
  if (!issues) return { value: data, findings: [], lineOf };
  const findings = issues.map(({ path, message }) => {
    const at = path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    return { ...problem(at, OWN_WORDS[at] ?? `It ${message}.`), line: lineOf(at) };
  });
  return { findings, lineOf };
}

// What a person has to decide says so, where the words of a schema would not.
const OWN_WORDS: Record<string, string> = {
  '/effect/class': 'Decide what a call does to the world: read, reversible, compensable or irreversible.',
  '/title': 'Say in at most 80 characters what it does, in your words.',
  '/description': 'Describe it in your words, in at most 500 characters.',
};

const problem = (at: string, message: string): Finding => ({
  severity: 'error',
  rule: 'document',
  at,
  message,
});

const tokensOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));

/** Where the place of some tokens begins, or of the nearest place around it that is there. */
function offsetOf(root: Node | null, tokens: readonly string[]): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const token of tokens) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === token);
      if (!pair || !isScalar(pair.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(token)];
      if (!node) break;
      offset = (node as Node).range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
