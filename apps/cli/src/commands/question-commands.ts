import { Answer, SearchResponse } from '@belay/contracts';
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

interface AskFlags extends CommonFlags {
  readonly sentences: string;
  readonly collection?: string;
}

interface SearchFlags extends CommonFlags {
  readonly limit: string;
  readonly route: string;
  readonly collection?: string;
}

/** `ask` and `search`. */
export function addQuestionCommands(program: Command, context: Context): void {
  overHttp(program.command('ask <question>').description('answer from the documents that you may read'))
    .option('--sentences <number>', 'at most this many sentences, 1 to 3', '2')
    .option('--collection <name>', 'only from this collection')
    .action(async (question: string, flags: AskFlags) => {
      const body = { question, sentences: Number(flags.sentences), collection: flags.collection };
      const answer = await connect(flags, context).call('answers', Answer, { method: 'POST', body });
      const sources = answer.sentences.flatMap((sentence) => sentence.citations);
      show(context, flags, answer, [
        ...answer.sentences.map((sentence, index) => `${sentence.text} [${index + 1}]`),
        answer.message,
        ...sources.map(
          (source, index) => `[${index + 1}] ${source.title}${source.page ? `, page ${source.page}` : ''}`,
        ),
      ]);
    });
  overHttp(program.command('search <query>').description('list the best passages that you may read'))
    .option('--limit <number>', 'how many', '10')
    .option('--route <route>', 'hybrid, vector or lexical', 'hybrid')
    .option('--collection <name>', 'only in this collection')
    .action(async (query: string, flags: SearchFlags) => {
      const { route, collection } = flags;
      const body = { query, limit: Number(flags.limit), route, collection };
      const found = await connect(flags, context).call('search', SearchResponse, { method: 'POST', body });
      const lines = found.results.flatMap((result) => [
        `${result.score.toFixed(3)}  ${result.title}  (${result.collection}/${result.path})`,
        `       ${result.text.replaceAll('\n', ' ').slice(0, 160)}`,
      ]);
      show(context, flags, found, lines.length > 0 ? lines : ['Nothing found in what you may read.']);
    });
}
