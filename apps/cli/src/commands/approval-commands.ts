import {
  Approval,
  ApprovalPage,
  type ApprovalText,
  HOLD_REASONS,
  type Kill,
  KillScope,
  sayTime,
} from '@belay/contracts';
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';
import { Kills, noteStops } from './stops.js';

/** `approvals list|show|grant|deny`. */
export function addApprovalCommands(program: Command, context: Context): void {
  const approvals = program.command('approvals').description('single calls of agents that wait for a person');
  overHttp(approvals.command('list').description('what waits for somebody')).action(
    async (flags: CommonFlags) => {
      const client = connect(flags, context);
      await noteStops(context, client);
      const listed = await client.call('approvals', ApprovalPage);
      const { approvals: all, notShown } = listed;
      const more = notShown > 0 ? [`${notShown} more wait that are not shown.`] : [];
      const next = all.some(({ mayDecide }) => mayDecide)
        ? ['Decide about one: ./belay approvals grant|deny APPROVAL --digest DIGEST']
        : [];
      const lines = [...all.flatMap(describe), ...more, ...next];
      show(context, flags, listed, lines.length > 0 ? lines : ['Nothing waits.']);
    },
  );
  overHttp(approvals.command('show <id>').description('exactly what would be allowed')).action(
    async (id: string, flags: CommonFlags) => {
      const found = await connect(flags, context).call(`approvals/${encodeURIComponent(id)}`, Approval);
      show(context, flags, found, describe(found));
    },
  );
  for (const decision of ['grant', 'deny'] as const) {
    const what = decision === 'grant' ? 'allow it, once' : 'refuse it';
    overHttp(approvals.command(`${decision} <id>`).description(what))
      .requiredOption('--digest <digest>', 'that of what you have read: see "approvals show"')
      .option('--reason <text>', 'why')
      .action(async (id: string, flags: CommonFlags & { digest: string; reason?: string }) => {
        const { digest, reason } = flags;
        const body = { digest, decision, ...(reason === undefined ? {} : { reason }) };
        const path = `approvals/${encodeURIComponent(id)}`;
        const client = connect(flags, context);
        const done = await client.call(path, Approval, { method: 'POST', body });
        await noteStops(context, client);
        show(context, flags, done, [`${done.id}  ${done.state}`]);
      });
  }
}

/** `kill`, and `kill list|lift`. */
export function addKillCommands(program: Command, context: Context): void {
  const kill = program.command('kill').description('stop effects of agents at once');
  overHttp(kill.command('all').description('stop all of them'))
    .requiredOption('--reason <text>', 'why; everybody who acts reads it')
    .action((flags: CommonFlags & { reason: string }) => set(context, flags, { scope: 'all' }));
  overHttp(
    kill.command('only <scope> <target>').description('stop those of one peer, contract, person or run'),
  )
    .requiredOption('--reason <text>', 'why')
    .action((scope: string, target: string, flags: CommonFlags & { reason: string }) => {
      const { data } = KillScope.exclude(['all']).safeParse(scope);
      if (data === undefined) throw new CliError('Say peer, contract, person or run.', EXIT.usage);
      return set(context, flags, { scope: data, target });
    });
  overHttp(kill.command('list').description('what is and was stopped')).action(async (flags: CommonFlags) => {
    const listed = await connect(flags, context).call('kills', Kills);
    show(context, flags, listed, listed.kills.length > 0 ? listed.kills.map(line) : ['Nothing is stopped.']);
  });
  overHttp(kill.command('lift <id>').description('let go on what a switch stops')).action(
    async (id: string, flags: CommonFlags) => {
      const path = `kills/${encodeURIComponent(id)}/lift`;
      const listed = await connect(flags, context).call(path, Kills, { method: 'POST', body: {} });
      show(context, flags, listed, listed.kills.map(line));
    },
  );
}

async function set(
  context: Context,
  flags: CommonFlags & { reason: string },
  what: { scope: KillScope; target?: string },
): Promise<void> {
  const body = { ...what, reason: flags.reason };
  const listed = await connect(flags, context).call('kills', Kills, { method: 'POST', body });
  const active = listed.kills.filter(({ liftedAt }) => liftedAt === null);
  show(context, flags, listed, [...active.map(line), 'Let go on: ./belay kill lift NUMBER']);
}

const line = ({ id, scope, target, reason, by, at, liftedAt }: Kill): string =>
  `${id}  ${scope}${target === null ? '' : ` ${target}`}  ${reason}  by ${by ?? 'the database'}, ${sayTime(at)}${
    liftedAt === null ? '' : `, lifted ${sayTime(liftedAt)}`
  }`;

const SAID_BY = {
  system: 'as whoever made its playbook wrote it',
  user: 'as the person said it',
  untrusted: 'from text that nobody of us wrote',
};

const sayNo = ({ by, reason }: NonNullable<Approval['denied']>): string =>
  `denied by ${by}${reason === null ? '' : `: ${reason}`}`;

function describe(approval: Approval): string[] {
  const { id, text, digest, expiresAt, mayDecide, because, stopped, denied } = approval;
  if (text === '') return [`${id}  ${whyEmpty(approval)}`, `  digest: ${digest}`];
  const said = JSON.parse(text) as ApprovalText;
  return [
    `${id}  ${said.title} (${said.contract}) for ${said.requester}, until ${sayTime(expiresAt)}`,
    `  digest: ${digest}`,
    `  arguments: ${JSON.stringify(said.arguments)}`,
    ...said.sinks.map(({ at, sink, integrity }) => `  ${at} (${sink}): ${SAID_BY[integrity]}`),
    ...said.reasons.map((reason) => `  ${HOLD_REASONS[reason]}`),
    `  touches ${said.blast.items} of ${said.blast.resource}; way back: ${said.wayBack ?? 'none, it cannot be taken back'}`,
    ...(denied === null ? [] : [`  ${sayNo(denied)}`]),
    ...(stopped === null ? [] : [`  ${stopped} It can be allowed once that is lifted.`]),
    ...(mayDecide ? [] : [`  ${because ?? ''}`]),
  ];
}

const whyEmpty = ({ isWithheld, step, requester }: Approval): string =>
  isWithheld
    ? `${step} for ${requester} holds something of a document that you may not read.`
    : 'What it said is forgotten with its run.';
