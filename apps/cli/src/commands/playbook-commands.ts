import {
  ListedPlaybook,
  PlaybookDetail,
  PlaybookMatch,
  type PlaybookRow,
  PlaybookTest,
} from '@belay/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { EXIT } from '../failure.js';
import type { Finish } from './command.js';
import { readText } from './read-text.js';
import { addRegistryCommands, findingLine, listRegistered, type RegistryKind } from './registry-commands.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

const PATH = 'playbooks';
const PLAYBOOKS: RegistryKind<PlaybookRow, PlaybookDetail> = {
  noun: 'playbook',
  path: PATH,
  example: 'helpdesk.open-ticket@1.0.0',
  detail: PlaybookDetail,
  rows: z.object({ playbooks: z.array(ListedPlaybook) }).transform(({ playbooks }) => ({ rows: playbooks })),
  nameOf: ({ playbook, version }) => `${playbook}@${version}`,
  more: () => '',
  below: () => [],
  usedBy: 'started',
  asides: [['retire', 'take it out of use for good']],
};

/** `playbooks lint|test|register|approve|retire|list|show|match`. */
export function addPlaybookCommands(program: Command, context: Context, finish: Finish): void {
  const playbooks = program
    .command('playbooks')
    .description('workflows that people start by saying what they want');
  addDocumentCommands(playbooks, context, finish);
  addUseCommands(playbooks, context, finish);
  addRegistryCommands(playbooks, context, PLAYBOOKS);
  overHttp(
    playbooks
      .command('list')
      .description('what you may have done for you; for developers, every playbook and where it stands'),
  ).action((flags: CommonFlags) => listRegistered(context, flags, PLAYBOOKS));
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
          ...report.findings.map(findingLine),
          ...fixtures.map(({ name, problem }) =>
            problem === null ? `  ok  ${name}` : `  not ok  ${name}: ${problem}`,
          ),
          isSound ? `No errors: ${report.digest}` : 'It cannot be registered.',
        ]);
        finish(isSound ? EXIT.ok : EXIT.failure);
      },
    );
  }
}

/** Commands of whoever wants something done. */
function addUseCommands(playbooks: Command, context: Context, finish: Finish): void {
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
