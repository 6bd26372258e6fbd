import { setTimeout as sleep } from 'node:timers/promises';
import { type GateFigures, type Generation, Generations } from '@belay/contracts';
import { readRetrievalSet } from '@belay/evaluation';
import { type Command, InvalidArgumentError } from 'commander';
import type { Context } from '../context.js';
import { evaluateRetrieval } from '../evaluation/evaluate-retrieval.js';
import { untilInterrupted } from '../evaluation/interruption.js';
import { inTrialCollection } from '../evaluation/trial-collection.js';
import { CliError } from '../failure.js';
import type { ApiClient, ApiRequest } from '../http/api-client.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

interface UseFlags extends CommonFlags {
  readonly dataset?: string;
  readonly margin: number;
  readonly hold?: boolean;
  readonly wait?: boolean;
}

const POLL_MS = 500;
const PATH = 'models/generations';

/** `models use`, `generations`, `switch`, `return` and `drop`: which embedding model the index is searched with. */
export function addGenerationCommands(program: Command, context: Context): void {
  const models =
    program.commands.find((command) => command.name() === 'models') ??
    program.command('models').description('embedding models and the vectors made with them');
  overHttp(
    models.command('use <model>').description('build the index anew with a model, beside the present one'),
  )
    .option('--margin <number>', 'how much nDCG@10 it may lose against the present one', fraction, 0.02)
    .option('--dataset <folder>', 'measure both on this set in BEIR layout, and wait for it')
    .option('--hold', 'wait for "models switch" even if the measurement allows the cut-over')
    .option('--wait', 'wait until it is the active one')
    .action((model: string, flags: UseFlags) => use(model, flags, context));
  overHttp(models.command('generations').description('what is built, searched and stands by')).action(
    async (flags: CommonFlags) => {
      showAll(context, flags, await connect(flags, context).call(PATH, Generations));
    },
  );
  overHttp(models.command('switch <generation>').description('search with a generation that is complete'))
    .option('--force', 'whatever was measured; this is on the ledger')
    .action((id: string, flags: CommonFlags & { force?: boolean }) =>
      change(`${number(id)}/switch`, flags, context, {
        method: 'POST',
        body: { force: flags.force ?? false },
      }),
    );
  overHttp(models.command('return').description('search with the former generation again')).action(
    (flags: CommonFlags) => change('return', flags, context, { method: 'POST', body: {} }),
  );
  overHttp(
    models.command('drop <generation>').description('delete a generation that is not searched'),
  ).action((id: string, flags: CommonFlags) =>
    change(String(number(id)), flags, context, { method: 'DELETE' }),
  );
}

async function change(
  path: string,
  flags: CommonFlags,
  context: Context,
  request: ApiRequest,
): Promise<void> {
  showAll(context, flags, await connect(flags, context).call(`${PATH}/${path}`, Generations, request));
}

async function use(model: string, flags: UseFlags, context: Context): Promise<void> {
  const { dataset, margin, hold = false } = flags;
  const set = dataset === undefined ? undefined : readRetrievalSet(dataset);
  const api = connect(flags, context);
  const gate = set ? 'dataset' : 'known-items';
  const body = { model, margin, gate, hold };
  const started = await api.call(PATH, Generations, { method: 'POST', body });
  const built = started.generations.find((one) => one.model === model && one.state === 'building');
  const active = started.generations.find(({ state }) => state === 'active');
  if (!built || !active) throw new CliError(`The generation with ${model} is no longer being built.`);
  if (set) {
    await untilFilled(api, built.id, context);
    const figures = await untilInterrupted(context, (interrupted) =>
      inTrialCollection({ api, corpus: set.corpus, note: context.note, interrupted }, async (collection) => {
        await untilFilled(api, built.id, context);
        const found = await evaluateRetrieval(api, set, collection, 'hybrid', active.id);
        const candidate = await evaluateRetrieval(api, set, collection, 'hybrid', built.id);
        const queries = set.queries.size;
        return figuresOf(set.name, queries, found.metrics, candidate.metrics);
      }),
    );
    const request = { method: 'POST', body: figures } as const;
    await api.call(`${PATH}/${built.id}/figures`, Generations, request);
  }
  if (flags.wait || set) await untilDecided(api, built.id, context);
  showAll(context, flags, await api.call(PATH, Generations));
}

function figuresOf(
  measuredOn: string,
  queries: number,
  active: { 'ndcg@10': number },
  candidate: { 'ndcg@10': number },
): GateFigures {
  return { measuredOn, queries, active: active['ndcg@10'], candidate: candidate['ndcg@10'] };
}

/** Waits until every passage has a vector. */
async function untilFilled(api: ApiClient, id: number, { note }: Context): Promise<void> {
  for (let shown = -1; ;) {
    const { filled, total, problem } = await find(api, id);
    if (problem !== null) throw new CliError(problem);
    if (filled >= total) return;
    if (filled - shown >= total / 10 || shown < 0) note(`  ${filled} of ${total} passages …`);
    if (filled - shown >= total / 10 || shown < 0) shown = filled;
    await sleep(POLL_MS);
  }
}

/** Waits until the generation is the active one, or it is clear that it will not become so by itself. */
async function untilDecided(api: ApiClient, id: number, context: Context): Promise<void> {
  await untilFilled(api, id, context);
  for (;;) {
    const { state, passed, hold, figures, problem } = await find(api, id);
    if (problem !== null) throw new CliError(problem);
    if (state === 'active' || (passed && hold)) return;
    if (passed === false && figures) {
      throw new CliError(
        `It finds ${figures.candidate} (nDCG@10, ${figures.measuredOn}) where the active model finds ` +
          `${figures.active}. Nothing was changed. "models switch ${id} --force" or "models drop ${id}".`,
      );
    }
    await sleep(POLL_MS);
  }
}

async function find(api: ApiClient, id: number): Promise<Generation> {
  const { generations } = await api.call(PATH, Generations);
  const found = generations.find((one) => one.id === id);
  if (!found) throw new CliError(`Generation ${id} was dropped.`);
  return found;
}

function showAll(context: Context, flags: CommonFlags, { generations, models }: Generations): void {
  show(context, flags, { generations, models }, generations.flatMap(lines));
}

function lines({ id, model, state, filled, total, figures, margin, passed, problem }: Generation): string[] {
  const measured =
    figures &&
    `   ${figures.measuredOn}, ${figures.queries} queries: nDCG@10 ${figures.candidate} against ${figures.active}, ` +
      `margin ${margin}: ${passed ? 'passed' : 'not passed'}`;
  return [
    `${id}  ${state.padEnd(8)}  ${model}  ${filled} of ${total} passages`,
    ...(measured ? [measured] : []),
    ...(problem === null ? [] : [`   ${problem}`]),
  ];
}

function number(text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new CliError('Say the number of a generation: see "models generations".', 2);
  return Number(text);
}

function fraction(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('Say a number from 0 to 1.');
  return value;
}
