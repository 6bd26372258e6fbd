import {
  type Finding,
  PlaybookDetail,
  PlaybookMatch,
  PlaybookRow,
  PlaybookTest,
  UsablePlaybook,
} from '@belay/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import type { Finish } from './command.js';
import { readText } from './read-text.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

const PATH = 'playbooks';
const Rows = z.object({ playbooks: z.array(PlaybookRow) });
const Usable = z.object({ playbooks: z.array(UsablePlaybook) });

/** `playbooks lint|test|register|approve|retire|list|show|usable|match`. */
export function addPlaybookCommands(program: Command, context: Context, finish: Finish): void {
  const playbooks = program
    .command('playbooks')
    .description('workflows that people start by saying what they want');
  addDocumentCommands(playbooks, context, finish);
  addUseCommands(playbooks, context, finish);
  overHttp(playbooks.command('list').description('playbooks and where they stand')).action(
    async (flags: CommonFlags) => {
      const listed = await connect(flags, context).call(PATH, Rows);
      show(
        context,
        flags,
        listed,
        listed.playbooks.length > 0 ? listed.playbooks.map(line) : ['No playbook.'],
      );
    },
  );
  overHttp(playbooks.command('show <playbook>').description('a playbook, as NAME@VERSION')).action(
    async (name: string, flags: CommonFlags) => {
      const found = await connect(flags, context).call(placeOf(name), PlaybookDetail);
      show(context, flags, found, [
        line(found),
        `digest: ${found.digest}`,
        `registered by ${found.registeredBy}${found.approvedBy === null ? '' : `, approved by ${found.approvedBy}`}`,
        ...found.findings.map(finding),
        JSON.stringify(found.document, null, 2),
      ]);
    },
  );
  overHttp(
    playbooks
      .command('approve <playbook>')
      .description('let it be started; somebody else than who registered it'),
  )
    .requiredOption('--digest <digest>', 'that of the document you have read: see "playbooks show"')
    .action(async (name: string, flags: CommonFlags & { digest: string }) => {
      const request = { method: 'POST', body: { digest: flags.digest } } as const;
      const done = await connect(flags, context).call(`${placeOf(name)}/approve`, PlaybookDetail, request);
      show(context, flags, done, [line(done)]);
    });
  overHttp(playbooks.command('retire <playbook>').description('take it out of use for good'))
    .requiredOption('--reason <text>', 'why')
    .action(async (name: string, flags: CommonFlags & { reason: string }) => {
      const request = { method: 'POST', body: { reason: flags.reason } } as const;
      const done = await connect(flags, context).call(`${placeOf(name)}/retire`, PlaybookDetail, request);
      show(context, flags, done, [line(done)]);
    });
}

/** Commands about the text of a playbook. */
function addDocumentCommands(playbooks: Command, context: Context, finish: Finish): void {
  for (const [verb, what] of [
    ['lint', 'what is wrong with a playbook, or weak'],
    ['test', 'and whether its recorded calls lead to the steps that they should'],
  ] as const) {
    overHttp(playbooks.command(`${verb} <file>`).description(what)).action(
      async (file: string, flags: CommonFlags) => {
        const request = { method: 'POST', body: { text: readText(file) } } as const;
        const report = await connect(flags, context).call(`${PATH}/test`, PlaybookTest, request);
        const fixtures = verb === 'test' ? report.fixtures : [];
        const isSound =
          report.findings.every(({ severity }) => severity !== 'error') &&
          fixtures.every(({ problem }) => problem === null);
        show(context, flags, report, [
          ...report.findings.map(finding),
          ...fixtures.map(({ name, problem }) =>
            problem === null ? `  ok  ${name}` : `  not ok  ${name}: ${problem}`,
          ),
          isSound ? `No errors: ${report.digest}` : 'It cannot be registered.',
        ]);
        finish(isSound ? EXIT.ok : EXIT.failure);
      },
    );
  }
  overHttp(
    playbooks.command('register <file>').description('hand a playbook in; somebody else approves it'),
  ).action(async (file: string, flags: CommonFlags) => {
    const request = { method: 'POST', body: { text: readText(file) } } as const;
    const done = await connect(flags, context).call(PATH, PlaybookDetail, request);
    show(context, flags, done, [line(done), `Its digest: ${done.digest}`]);
  });
}

/** Commands of whoever wants something done. */
function addUseCommands(playbooks: Command, context: Context, finish: Finish): void {
  overHttp(playbooks.command('usable').description('what you may have done for you')).action(
    async (flags: CommonFlags) => {
      const found = await connect(flags, context).call(`${PATH}/usable`, Usable);
      const lines = found.playbooks.flatMap(({ playbook, title, example }) => [
        `${playbook}  ${title}`,
        `  "${example}"`,
      ]);
      show(context, flags, found, lines.length > 0 ? lines : ['Nothing.']);
    },
  );
  overHttp(playbooks.command('match <text>').description('what your words ask for; starts nothing')).action(
    async (text: string, flags: CommonFlags) => {
      const request = { method: 'POST', body: { text } } as const;
      const { match } = await connect(flags, context).call('runs/match', PlaybookMatch, request);
      if (!match) {
        show(context, flags, { match }, ['Nothing that you may have done for you.']);
        finish(EXIT.failure);
        return;
      }
      show(context, flags, { match }, [
        `${match.playbook}  ${match.title}`,
        ...Object.entries(match.values).map(([name, value]) => `  ${name}: ${String(value)}`),
        ...match.missing.map(({ name, question }) => `  ${name}? ${question}`),
      ]);
    },
  );
}

function placeOf(name: string): string {
  const [playbook, version, rest] = name.split('@');
  if (!playbook || !version || rest !== undefined)
    throw new CliError('Say the playbook and its version, such as helpdesk.open-ticket@1.0.0.', EXIT.usage);
  return `${PATH}/${encodeURIComponent(playbook)}/${encodeURIComponent(version)}`;
}

function line({ playbook, version, state, title, reason }: PlaybookRow): string {
  return `${playbook}@${version}  ${state}  ${title}${reason === null ? '' : ` (${reason})`}`;
}

const finding = ({ severity, at, message }: Finding): string => `  ${severity}  ${at || '/'}  ${message}`;
