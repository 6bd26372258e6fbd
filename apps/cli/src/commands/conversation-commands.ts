import {
  Conversation,
  Conversations,
  ConversationThread,
  ErasedConversation,
  Feedback,
  Suggestions,
} from '@belay/contracts';
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import type { ApiClient } from '../http/api-client.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

interface ListFlags extends CommonFlags {
  readonly search?: string;
}

interface FeedbackFlags extends CommonFlags {
  readonly reason?: string;
  readonly share?: boolean;
}

/** `conversations`, `feedback` and `suggest`. */
export function addConversationCommands(program: Command, context: Context): void {
  const conversations = program.command('conversations').description('what you asked in turns');
  overHttp(conversations.command('list').description('your conversations, newest first'))
    .option('--search <words>', 'those in which you said this')
    .action((flags: ListFlags) => list(flags, context));
  overHttp(conversations.command('new').description('start one')).action(async (flags: CommonFlags) => {
    const made = await startConversation(connect(flags, context));
    show(context, flags, made, [made.conversationId]);
  });
  overHttp(conversations.command('show <id>').description('its questions and answers, verified now')).action(
    (id: string, flags: CommonFlags) => open(id, flags, context),
  );
  overHttp(conversations.command('rename <id> <title>').description('give it a title')).action(
    async (id: string, title: string, flags: CommonFlags) => {
      const path = `conversations/${encodeURIComponent(id)}`;
      const request = { method: 'PATCH', body: { title } } as const;
      const renamed = await connect(flags, context).call(path, Conversation, request);
      show(context, flags, renamed, [`${renamed.conversationId}  ${renamed.title ?? ''}`]);
    },
  );
  overHttp(conversations.command('delete <id>').description('erase it with its questions')).action(
    async (id: string, flags: CommonFlags) => {
      const path = `conversations/${encodeURIComponent(id)}`;
      const erased = await connect(flags, context).call(path, ErasedConversation, { method: 'DELETE' });
      show(context, flags, erased, [`Erased, with ${erased.erasedAnswers} questions.`]);
    },
  );
  addFeedback(program, context);
  overHttp(program.command('suggest').description('what you may ask, from what you may read')).action(
    async (flags: CommonFlags) => {
      const found = await connect(flags, context).call('suggestions', Suggestions);
      show(context, flags, found, found.suggestions);
    },
  );
}

function addFeedback(program: Command, context: Context): void {
  overHttp(
    program
      .command('feedback <answerId> <verdict>')
      .description('say "useful", "not" or "none" of an answer'),
  )
    .option('--reason <text>', 'why')
    .option('--share', 'let administrators see the question and the reason')
    .action(async (answerId: string, verdict: string, flags: FeedbackFlags) => {
      if (!['useful', 'not', 'none'].includes(verdict))
        throw new CliError('Say "useful", "not" or "none".', EXIT.usage);
      const path = `answers/${encodeURIComponent(answerId)}/feedback`;
      const api = connect(flags, context);
      if (verdict === 'none') {
        await api.run(path, { method: 'DELETE' });
        return show(context, flags, { feedback: null }, ['Taken back.']);
      }
      const body = {
        useful: verdict === 'useful',
        reason: flags.reason ?? null,
        shared: flags.share ?? false,
      };
      show(context, flags, await api.call(path, Feedback, { method: 'PUT', body }), ['Thank you.']);
    });
}

/** The person's newest conversation. Throws where there is none. */
export async function newestConversation(api: ApiClient): Promise<string> {
  const { conversations } = await api.call('conversations?limit=1', Conversations);
  if (conversations[0]) return conversations[0].conversationId;
  throw new CliError('You have asked nothing yet that could be continued. Ask without --continue.');
}

export const startConversation = (api: ApiClient): Promise<Conversation> =>
  api.call('conversations', Conversation, { method: 'POST', body: {} });

/** What stands behind a quote whose document has changed since. */
export const sayVersion = (superseded: boolean): string =>
  superseded ? ' (from an earlier version of this document)' : '';

async function list(flags: ListFlags, context: Context): Promise<void> {
  const search = flags.search === undefined ? '' : `&search=${encodeURIComponent(flags.search)}`;
  const found = await connect(flags, context).call(`conversations?limit=200${search}`, Conversations);
  const lines = found.conversations.map(
    ({ conversationId, title, turns }) =>
      `${conversationId}  ${String(turns).padStart(3)}  ${title ?? '(nothing asked)'}`,
  );
  show(context, flags, found, lines.length > 0 ? lines : ['No conversation.']);
}

async function open(id: string, flags: CommonFlags, context: Context): Promise<void> {
  const path = `conversations/${encodeURIComponent(id)}`;
  const thread = await connect(flags, context).call(path, ConversationThread);
  show(context, flags, thread, [
    ...thread.answers.flatMap((answer) => [
      `> ${answer.question}`,
      ...(answer.understoodAs === null ? [] : [`  (understood as: ${answer.understoodAs})`]),
      ...answer.sentences.map(
        ({ text, citations }) => `  ${text}${sayVersion(citations.some(({ superseded }) => superseded))}`,
      ),
      `  ${answer.message}`,
    ]),
    ...thread.unanswered.map(
      ({ question, error }) => `> ${question}\n  ${error?.detail ?? 'Being answered …'}`,
    ),
  ]);
}
