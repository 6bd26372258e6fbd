import { readFileSync } from 'node:fs';
import {
  JournalEntry,
  NewRun,
  readAs,
  Run,
  RunPage,
  type RunRow,
  type RunStep,
  sayBackUntil,
  sayMoment,
  sayTime,
  sayWayBack,
  SignedInPerson,
} from '@belay/contracts';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import type { Finish } from './command.js';
import { previewLines } from './preview-lines.js';
import { settled } from './run-once.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';
import { noteStops } from './stops.js';

const PATH = 'runs';
const Entries = z.object({ entries: z.array(JournalEntry) });
const GOOD: readonly Run['state'][] = [
  'completed',
  'compensated',
  'ready',
  'awaiting-approval',
  'needs-input',
];

const NOT_DONE = new Set<RunStep['state']>(['failed', 'skipped']);
const LONGEST_RESULT = 4000;
const OVERSEERS = new Set(['admin', 'developer', 'approver']);
const FILTERS = ['state', 'person', 'contract', 'peer', 'limit', 'after'] as const;
type ListFlags = CommonFlags & { all?: boolean } & Partial<Record<(typeof FILTERS)[number], string>>;

type Posted = readonly [path: string, body: unknown];

/** `runs plan|start|list|show|journal|cancel|undo|answer`. */
export function addRunCommands(program: Command, context: Context, finish: Finish): void {
  const runs = program.command('runs').description('what agents do: planned, shown, started, taken back');

  const carry = (flags: CommonFlags, posted: Posted): Promise<void> =>
    carryRun(context, finish, flags, posted);

  overHttp(runs.command('plan <run>').description('plan a run from a YAML file and show what it would do'))
    .option('--start', 'and start it, if nothing of it is wrong')
    .action((file: string, flags: CommonFlags & { start?: boolean }) =>
      planRun(context, finish, flags, readRun(file)),
    );
  for (const [verb, what] of [
    ['start', 'let a run happen as it was shown'],
    ['cancel', 'stop a run for good; what it did stays until it is taken back'],
    ['undo', 'take back what a run did, as far as its contracts say how'],
  ] as const) {
    overHttp(runs.command(`${verb} <id>`).description(what)).action((id: string, flags: CommonFlags) =>
      carry(flags, [`${PATH}/${encodeURIComponent(id)}/${verb}`, {}]),
    );
  }
  overHttp(runs.command('answer <id> <step> <answer>').description('answer a question of a run')).action(
    (id: string, step: string, answer: string, flags: CommonFlags) =>
      carry(flags, [`${PATH}/${encodeURIComponent(id)}/answers`, { step, answer: typed(answer) }]),
  );
  addLookCommands(runs, context);
}

/** Does something to a run, waits until it comes to rest, and shows it. */
async function carryRun(
  context: Context,
  finish: Finish,
  flags: CommonFlags,
  [path, body]: Posted,
): Promise<void> {
  const client = connect(flags, context);
  const run = await settled(client, await client.call(path, Run, { method: 'POST', body }));
  await noteStops(context, client);
  show(context, flags, run, describe(run));
  if (!GOOD.includes(run.state)) finish(EXIT.failure);
}

/** Plans a run and shows what it would do; with `start`, lets it happen where nothing of it is wrong. */
export async function planRun(
  context: Context,
  finish: Finish,
  flags: CommonFlags & { start?: boolean },
  planned: NewRun,
): Promise<void> {
  if (!flags.start) return carryRun(context, finish, flags, [PATH, planned]);
  const client = connect(flags, context);
  const run = await settled(client, await client.call(PATH, Run, { method: 'POST', body: planned }));
  if (run.state === 'ready') return carryRun(context, finish, flags, [`${PATH}/${run.id}/start`, {}]);
  show(context, flags, run, describe(run));
  finish(EXIT.failure);
}

/** Commands that only look. */
function addLookCommands(runs: Command, context: Context): void {
  overHttp(
    runs
      .command('list')
      .description('your runs; with --all those of others, too, for whoever oversees tools'),
  )
    .option('--all', 'those of others, too')
    .option('--state <state>', 'only those in this state, such as awaiting-approval')
    .option('--person <name>', 'only those that this person asked for')
    .option('--contract <contract>', 'only those that call this contract (NAME or NAME@VERSION)')
    .option('--peer <id>', 'only those that call this server')
    .option('--limit <number>', 'how many', '100')
    .option('--after <place>', 'those before the last one of a list, as it said')
    .action((flags: ListFlags) => listRuns(context, flags));
  overHttp(runs.command('show <id>').description('a run, step by step')).action(
    async (id: string, flags: CommonFlags) => {
      const run = await connect(flags, context).call(`${PATH}/${encodeURIComponent(id)}`, Run);
      show(context, flags, run, describe(run));
    },
  );
  overHttp(runs.command('journal <id>').description('what happened, checked entry by entry')).action(
    async (id: string, flags: CommonFlags) => {
      const found = await connect(flags, context).call(`${PATH}/${encodeURIComponent(id)}/journal`, Entries);
      show(context, flags, found, [
        ...found.entries.map(({ seq, at, kind, step }) =>
          `${seq}  ${sayMoment(at)}  ${kind}  ${step ?? ''}`.trimEnd(),
        ),
        'Whole: each entry holds the hash of the one before it.',
      ]);
    },
  );
}

async function listRuns(context: Context, flags: ListFlags): Promise<void> {
  const given = [...FILTERS.map((name) => [name, flags[name]]), ['mine', flags.all ? undefined : '1']];
  const query = new URLSearchParams(given.filter((one): one is [string, string] => one[1] !== undefined));
  const client = connect(flags, context);
  const listed = await client.call(`${PATH}?${query.toString()}`, RunPage);
  if (flags.all && !(await client.call('session', SignedInPerson)).roles.some((role) => OVERSEERS.has(role)))
    context.note(
      'These are your own: those of others are shown to administrators, developers and approvers.',
    );
  const more = listed.next === null ? [] : [`There are more: add --after ${listed.next}`];
  show(context, flags, listed, listed.runs.length > 0 ? [...listed.runs.map(line), ...more] : ['No run.']);
}

function readRun(file: string): NewRun {
  let document: unknown;
  try {
    document = parse(readFileSync(file, 'utf8'), { logLevel: 'silent' });
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message.split('\n', 1)[0]}`, EXIT.usage);
  }
  const { data, problem } = readAs(NewRun, document, 'The file');
  if (data === undefined) throw new CliError(`${file} describes no run. ${problem}`, EXIT.usage);
  return data;
}

function typed(answer: string): string | number | boolean {
  if (answer === 'yes' || answer === 'no') return answer === 'yes';
  return /^-?\d+(\.\d+)?$/.test(answer) ? Number(answer) : answer;
}

const line = ({ id, state, title, requester, createdAt, reason }: RunRow): string =>
  `${id}  ${state}  ${title}  ${requester}  ${sayTime(createdAt)}${reason === null ? '' : `  (${reason})`}`;

function describe(run: Run): string[] {
  const steps = run.steps.length > 0 ? run.steps.map(stepLine) : previewLines(run.preview ?? []);
  const next = [
    ...(run.mayStart ? [`Start it: ./belay runs start ${run.id}`] : []),
    ...(run.state === 'awaiting-approval' ? ['It waits to be allowed: ./belay approvals list'] : []),
    ...(run.mayUndo ? [`Take it back: ./belay runs undo ${run.id}`] : []),
    ...[sayBackUntil(run)].filter((said) => said !== undefined),
    ...(run.forgetsAt ? [`Its values are kept until ${sayTime(run.forgetsAt)}.`] : []),
    ...(run.forgotAt
      ? [`Its values were deleted on ${sayTime(run.forgotAt)}; it cannot be taken back any more.`]
      : []),
  ];
  return [line(run), ...steps, ...atMost(run), `Cost ${run.cost} of ${run.budget}.`, ...next];
}

/** What all of a plan comes to, as long as nothing of it happened. */
function atMost({ steps, bounds }: Run): string[] {
  if (steps.length > 0 || !bounds) return [];
  const touched = bounds.blast.map(({ resource, items }) => `${items} of ${resource}`);
  const hidden =
    bounds.notShown === 0 ? [] : [`${bounds.notShown} more of its steps are counted and not shown.`];
  const touches = touched.length === 0 ? '' : ` and touches at most ${touched.join(', ')}`;
  return [...hidden, `All of it costs at most ${bounds.cost}${touches}.`];
}

const shortened = (text: string): string =>
  text.length <= LONGEST_RESULT ? text : `${text.slice(0, LONGEST_RESULT)} … (all of it: --json)`;

/** The way back of what changes something, unless it did not happen. */
function backOf(step: RunStep): string {
  const isNothing = step.effect === null || step.effect === 'read' || NOT_DONE.has(step.state);
  return isNothing ? '' : `\n      ${sayWayBack(step)}`;
}

function stepLine(step: RunStep): string {
  const { id, state, title, contract, arguments: given, result, reason, denial, verified } = step;
  const back = backOf(step);
  const why = [reason, denial && `Why: ${denial}`]
    .flatMap((said) => (said ? `\n      ${said}` : []))
    .join('');
  const proof = verified === null ? '' : verified ? ', a read confirmed it' : ', a read did not confirm it';
  const args = given === null ? '' : `\n      ${JSON.stringify(given)}`;
  const gave = (result ?? null) === null ? '' : `\n      gave: ${shortened(JSON.stringify(result))}`;
  return `  ${id}  ${state}${proof}  ${title} (${contract ?? 'a question'})${args}${gave}${back}${why}`;
}
