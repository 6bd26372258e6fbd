import {
  AnswerReceipt,
  AnswerRecord,
  AnswerSummary,
  AskRequest,
  readAs,
  Replay,
  sayAbsent,
  SearchResponse,
} from '@belay/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import type { ApiClient } from '../http/api-client.js';
import { ownersOf, resolveCollection, sayOwner } from './collection-check.js';
import type { Finish } from './command.js';
import { newestConversation, sayVersion, startConversation } from './conversation-commands.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

interface AskFlags extends CommonFlags {
  readonly sentences: string;
  readonly collection?: string;
  readonly conversation?: string;
  readonly continue?: boolean;
}

interface ReplayFlags extends CommonFlags {
  readonly last: string;
}

interface SearchFlags extends CommonFlags {
  readonly limit: string;
  readonly route: string;
  readonly collection?: string;
  readonly type?: string[];
  readonly language?: string[];
  readonly folder?: string;
  readonly since?: string;
  readonly until?: string;
  readonly facets?: boolean;
}

/** `ask`, `search`, `replay` and `answer`. */
export function addQuestionCommands(program: Command, context: Context, finish: Finish): void {
  addAsk(program, context);
  addSearch(program, context);
  addReplay(program, context, finish);
}

function addReplay(program: Command, context: Context, finish: Finish): void {
  overHttp(
    program
      .command('replay [answerId]')
      .description('make an answer of yours again and compare its bytes')
      .option('--last <number>', 'without an id: your newest answers, up to 200', '1'),
  ).action(async (answerId: string | undefined, flags: ReplayFlags) => {
    const api = connect(flags, context);
    const ids = answerId === undefined ? await newestAnswers(api, flags.last) : [answerId];
    const replays: Replay[] = [];
    for (const id of ids) {
      replays.push(await api.call(`answers/${encodeURIComponent(id)}/replay`, Replay, { method: 'POST' }));
    }
    const same = replays.filter(({ matches }) => matches).length;
    if (answerId !== undefined) show(context, flags, replays[0], replays.flatMap(describeReplay));
    else {
      const figures = { replayed: replays.length, same, different: replays.length - same };
      const different = replays.filter(({ matches }) => !matches);
      const lines = different.flatMap((replay) => [replay.answerId, ...describeReplay(replay)]);
      const summary = `${same} of ${replays.length} answers are the same, byte for byte.`;
      show(context, flags, { ...figures, answers: replays }, [...lines, summary]);
    }
    finish(same === replays.length ? EXIT.ok : EXIT.failure);
  });
  const answer = program.command('answer').description('answers of yours');
  overHttp(
    answer.command('delete <answerId>').description('erase it with its question; prints a receipt'),
  ).action(async (answerId: string, flags: CommonFlags) => {
    const path = `answers/${encodeURIComponent(answerId)}`;
    const receipt = await connect(flags, context).call(path, AnswerReceipt, { method: 'DELETE' });
    show(context, flags, receipt, [`Erased. Ledger leaf ${receipt.leafId}.`]);
  });
  overHttp(answer.command('show <answerId>').description('what it was made from and by')).action(
    async (answerId: string, flags: CommonFlags) => {
      const path = `answers/${encodeURIComponent(answerId)}/record`;
      const record = await connect(flags, context).call(path, AnswerRecord);
      const { candidates, ...facts } = record;
      show(context, flags, record, [
        ...Object.entries(facts).map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
        ...candidates.map(
          (row) =>
            `  ${row.score.toFixed(3)}  ${row.verdict.padEnd(19)}  ${row.title}${sayVersion(row.superseded)}`,
        ),
      ]);
    },
  );
}

async function newestAnswers(api: ApiClient, last: string): Promise<string[]> {
  const path = `answers?limit=${encodeURIComponent(last)}`;
  const { answers } = await api.call(path, z.object({ answers: z.array(AnswerSummary) }));
  return answers.map(({ answerId }) => answerId);
}

function describeReplay({ matches, differences, changed }: Replay): string[] {
  return [
    matches ? 'The same answer, byte for byte.' : 'Not the same answer.',
    ...differences,
    ...(changed.length > 0 ? [`Changed since: ${changed.join(', ')}.`] : []),
  ];
}

function addAsk(program: Command, context: Context): void {
  overHttp(program.command('ask <question>').description('answer from the documents that you may read'))
    .option('--sentences <number>', 'at most this many sentences, 1 to 3', '2')
    .option('--collection <name>', 'only from this collection')
    .option('--conversation <id>', 'as a follow-up in this conversation of yours')
    .option('--continue', 'as a follow-up of what you asked last')
    .action(async (question: string, flags: AskFlags) => {
      const api = connect(flags, context);
      const request = { question, sentences: Number(flags.sentences), collection: flags.collection };
      // Before a conversation is begun, which would stay empty.
      const { problem } = readAs(AskRequest, request);
      if (problem !== undefined) throw new CliError(problem, EXIT.usage);
      const collection = await resolveCollection(api, flags.collection);
      const conversation = flags.conversation ?? (await conversationOf(api, flags));
      const answer = await api.ask({ ...request, collection, conversation });
      const sources = answer.sentences.flatMap((sentence) => sentence.citations);
      show(context, flags, answer, [
        ...(answer.understoodAs === null ? [] : [`Understood as: ${answer.understoodAs}`]),
        ...answer.sentences.map(({ text, role, subject }, index) => {
          const leading = role === 'conflicting' ? 'But' : (subject ?? (index > 0 && 'See also'));
          return `${leading ? `${leading}: ` : ''}${text} [${index + 1}]`;
        }),
        answer.message,
        ...sources.map(
          ({ title, collection, page, date, dateStated, superseded }, index) =>
            `[${index + 1}] ${title}${page ? `, page ${page}` : ''}, in ${collection} (${dateStated ? '' : 'uploaded '}${date})${sayVersion(superseded)}`,
        ),
        `Answer ${answer.answerId}`,
      ]);
    });
}

// Each question begins a conversation, so that the next one can continue it.
async function conversationOf(api: ApiClient, flags: AskFlags): Promise<string> {
  if (flags.continue) return newestConversation(api);
  return (await startConversation(api)).conversationId;
}

function addSearch(program: Command, context: Context): void {
  overHttp(program.command('search <query>').description('list the best passages that you may read'))
    .option('--limit <number>', 'how many', '10')
    .option('--route <route>', 'hybrid, vector or lexical', 'hybrid')
    .option('--collection <name>', 'only in this collection')
    .option('--type <type...>', 'only these, such as pdf or text/html')
    .option('--language <code...>', 'only these, such as en')
    .option('--folder <path>', 'only in this folder and below')
    .option('--since <day>', 'only what changed on this day or later, such as 2026-01-31')
    .option('--until <day>', 'only what changed on this day or earlier')
    .option('--facets', 'count what the filters could take')
    .action(async (query: string, flags: SearchFlags) => {
      const { route, type: types, language: languages, folder, since, until, facets } = flags;
      const filter = { types, languages, folder, since, until };
      const api = connect(flags, context);
      const collection = await resolveCollection(api, flags.collection);
      const body = {
        query,
        limit: Number(flags.limit),
        route,
        collection,
        filter,
        facets,
        copies: 'collapse',
      };
      const found = await api.call('search', SearchResponse, { method: 'POST', body });
      const owners = flags.json ? new Map<string, string>() : await ownersOf(api);
      const lines = found.results.flatMap((result) => [
        `${result.score.toFixed(3)}  ${result.title}  (${result.collection}/${result.path}${sayOwner(result.collectionId, owners)})`,
        `       ${result.text.replaceAll('\n', ' ').slice(0, 160)}`,
        ...result.copies.map(({ title, path }) => `       the same in: ${title}  (${path})`),
      ]);
      const counts = Object.entries(found.facets ?? {}).flatMap(([facet, values]) => [
        `${facet}:`,
        ...values.map(
          (row) =>
            `  ${row.label}${sayOwner(row.value, owners)}  ${row.matching} with a word of it, of ${row.documents}`,
        ),
      ]);
      const shown = lines.length > 0 ? lines : ['Nothing found in what you may read.'];
      const absent = sayAbsent(query, found, collection !== undefined);
      show(context, flags, found, [...(absent === null ? [] : [absent]), ...shown, ...counts]);
    });
}
