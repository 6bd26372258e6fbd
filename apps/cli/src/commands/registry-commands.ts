import type { Finding } from '@belay/contracts';
import type { Command } from 'commander';
import type { ZodType } from 'zod';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import { readText } from './read-text.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

/** What every document of the registry has. */
interface Registered {
  readonly digest: string;
  readonly state: string;
  readonly reason: string | null;
  readonly title: string;
  readonly registeredBy: string;
  readonly approvedBy: string | null;
}
interface Listed {
  /** How it is started, for whoever may start it. */
  readonly usable?: { readonly example: string } | null;
}
interface RegisteredDetail extends Registered {
  readonly document: unknown;
  readonly findings: readonly Finding[];
}

/** A kind of documents that one person registers and another approves: contracts or playbooks. */
export interface RegistryKind<Row extends Registered, Detail extends Row & RegisteredDetail> {
  readonly noun: 'contract' | 'playbook';
  /** Its routes, which its commands are named after. */
  readonly path: 'tools' | 'playbooks';
  readonly example: string;
  readonly detail: ZodType<Detail>;
  readonly rows: ZodType<{ readonly rows: readonly (Row & Listed)[] }>;
  /** NAME@VERSION */
  readonly nameOf: (row: Row) => string;
  /** What is said of a row between its state and its title. */
  readonly more: (row: Row) => string;
  /** What is said below a row of a list. */
  readonly note?: (row: Row) => readonly string[];
  /** What is said below a document. */
  readonly below: (detail: Detail) => readonly string[];
  readonly usedBy: string;
  /** How it is taken out of use: the command and what it says. */
  readonly asides: readonly (readonly [verb: string, what: string])[];
}

/** `list|show|register|approve` and what takes out of use, for a kind of documents of the registry. */
export function addRegistryCommands<Row extends Registered, Detail extends Row & RegisteredDetail>(
  group: Command,
  context: Context,
  kind: RegistryKind<Row, Detail>,
): void {
  const { noun, path, detail } = kind;
  const line = (row: Row): string => lineOf(kind, row);
  const change = async (name: string, verb: string, flags: CommonFlags, body: object): Promise<void> => {
    const place = `${placeOf(kind, name)}/${verb}`;
    const done = await connect(flags, context).call(place, detail, { method: 'POST', body });
    show(context, flags, done, [line(done)]);
  };
  overHttp(group.command(`show <${noun}>`).description(`a ${noun}, as NAME@VERSION`)).action(
    async (name: string, flags: CommonFlags) => {
      const found = await connect(flags, context).call(placeOf(kind, name), detail);
      show(context, flags, found, describe(kind, found));
    },
  );
  overHttp(
    group.command('register <file>').description(`hand a ${noun} in; somebody else approves it`),
  ).action(async (file: string, flags: CommonFlags) => {
    const request = { method: 'POST', body: { text: readText(file) } } as const;
    const done = await connect(flags, context).call(path, detail, request);
    show(context, flags, done, [line(done), ...nextOf(kind, done)]);
  });
  overHttp(
    group
      .command(`approve <${noun}>`)
      .description(`let it be ${kind.usedBy}; somebody else than who registered it`),
  )
    .requiredOption('--digest <digest>', `that of the document you have read: see "${path} show"`)
    .action((name: string, flags: CommonFlags & { digest: string }) =>
      change(name, 'approve', flags, { digest: flags.digest }),
    );
  for (const [verb, what] of kind.asides)
    overHttp(group.command(`${verb} <${noun}>`).description(what))
      .requiredOption('--reason <text>', 'why')
      .action((name: string, flags: CommonFlags & { reason: string }) =>
        change(name, verb, flags, { reason: flags.reason }),
      );
}

/** What is to be done about a document that waits for somebody's approval. */
function nextOf<Row extends Registered, Detail extends Row & RegisteredDetail>(
  { path, nameOf }: RegistryKind<Row, Detail>,
  row: Row,
): string[] {
  if (row.state !== 'registered') return [`Its digest: ${row.digest}`];
  const name = nameOf(row);
  return [
    `Somebody else reads it: ./belay ${path} show ${name}`,
    `and approves it: ./belay ${path} approve ${name} --digest ${row.digest}`,
  ];
}

/** `list` of a kind: what there is and where it stands. */
export async function listRegistered<Row extends Registered, Detail extends Row & RegisteredDetail>(
  context: Context,
  flags: CommonFlags,
  kind: RegistryKind<Row, Detail>,
): Promise<void> {
  const { rows } = await connect(flags, context).call(kind.path, kind.rows);
  const listed = { [`${kind.noun}s`]: rows };
  const none = `No ${kind.noun}.`;
  const lines = rows.flatMap((row) => [
    lineOf(kind, row),
    ...(row.usable ? [`  "${row.usable.example}"`] : []),
    ...(kind.note?.(row) ?? []),
  ]);
  show(context, flags, listed, rows.length > 0 ? lines : [none]);
}

/** The route of a document that is named as NAME@VERSION. */
export function placeOf(
  { noun, path, example }: Pick<RegistryKind<never, never>, 'noun' | 'path' | 'example'>,
  name: string,
): string {
  const [document, version, rest] = name.split('@');
  if (!document || !version || rest !== undefined)
    throw new CliError(`Say the ${noun} and its version, such as ${example}.`, EXIT.usage);
  return `${path}/${encodeURIComponent(document)}/${encodeURIComponent(version)}`;
}

/** A finding for a terminal. */
export const findingLine = ({ severity, at, message }: Finding): string =>
  `  ${severity}  ${at || '/'}  ${message}`;

function lineOf<Row extends Registered, Detail extends Row & RegisteredDetail>(
  { nameOf, more }: RegistryKind<Row, Detail>,
  row: Row,
): string {
  const why = row.reason === null ? '' : ` (${row.reason})`;
  return `${nameOf(row)}  ${row.state}  ${more(row)}${row.title}${why}`;
}

function describe<Row extends Registered, Detail extends Row & RegisteredDetail>(
  kind: RegistryKind<Row, Detail>,
  found: Detail,
): string[] {
  const approved = found.approvedBy === null ? '' : `, approved by ${found.approvedBy}`;
  return [
    lineOf(kind, found),
    `digest: ${found.digest}`,
    `registered by ${found.registeredBy}${approved}`,
    ...found.findings.map(findingLine),
    JSON.stringify(found.document, null, 2),
    ...kind.below(found),
  ];
}
