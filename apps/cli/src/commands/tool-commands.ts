import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installArtifact } from '@belay/agents';
import { loadConfig } from '@belay/config';
import {
  ContractDetail,
  ContractDraft,
  ContractRow,
  type Finding,
  LintReport,
  Peer,
  PeerOffer,
  readAs,
  VerifiedContract,
} from '@belay/contracts';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import { workspaceRoot } from '../workspace.js';
import type { Finish } from './command.js';
import { readText } from './read-text.js';
import { addSecretCommands } from './secret-commands.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';
import { addToolDiffCommand, lines as changeLines } from './tool-diff-command.js';

const PATH = 'tools';
const Rows = z.object({ contracts: z.array(ContractRow) });
const Drafts = z.object({ drafts: z.array(ContractDraft) });
type Reasoned = CommonFlags & { reason: string };

/** `tools install|record|scaffold|lint|register|approve|list|show|verify|quarantine|retire`. */
export function addToolCommands(program: Command, context: Context, finish: Finish): void {
  const tools = program.command('tools').description('servers of tools, and the contracts that bound them');
  addPeerCommands(tools, context);
  addSecretCommands(tools, context, readPeer);
  addDocumentCommands(tools, context, finish);
  addToolDiffCommand(tools, context, finish);
  overHttp(tools.command('list').description('contracts and where they stand')).action(
    async (flags: CommonFlags) => {
      const listed = await connect(flags, context).call(PATH, Rows);
      show(
        context,
        flags,
        listed,
        listed.contracts.length > 0 ? listed.contracts.map(line) : ['No contract.'],
      );
    },
  );
  overHttp(tools.command('show <contract>').description('a contract, as NAME@VERSION')).action(
    async (name: string, flags: CommonFlags) => {
      const found = await connect(flags, context).call(placeOf(name), ContractDetail);
      show(context, flags, found, describe(found));
    },
  );
  overHttp(
    tools.command('approve <contract>').description('let it be used; somebody else than who registered it'),
  )
    .requiredOption('--digest <digest>', 'that of the document you have read: see "tools show"')
    .action(async (name: string, flags: CommonFlags & { digest: string }) => {
      const { digest } = flags;
      const request = { method: 'POST', body: { digest } } as const;
      const done = await connect(flags, context).call(`${placeOf(name)}/approve`, ContractDetail, request);
      show(context, flags, done, [line(done)]);
    });
  for (const [verb, what] of [
    ['quarantine', 'take it out of use until it is approved again'],
    ['retire', 'take it out of use for good'],
  ] as const) {
    overHttp(tools.command(`${verb} <contract>`).description(what))
      .requiredOption('--reason <text>', 'why')
      .action(async (name: string, flags: Reasoned) => {
        const request = { method: 'POST', body: { reason: flags.reason } } as const;
        const done = await connect(flags, context).call(`${placeOf(name)}/${verb}`, ContractDetail, request);
        show(context, flags, done, [line(done)]);
      });
  }
  overHttp(
    tools.command('verify <contract>').description('compare it with its server; a difference quarantines it'),
  ).action(async (name: string, flags: CommonFlags) => {
    const request = { method: 'POST', body: {} } as const;
    const found = await connect(flags, context).call(`${placeOf(name)}/verify`, VerifiedContract, request);
    show(context, flags, found, [
      found.matches
        ? `${name} is what its server offers.`
        : `${name} is quarantined: its server says otherwise.`,
      ...found.changes.flatMap(changeLines),
    ]);
    finish(found.matches ? EXIT.ok : EXIT.failure);
  });
}

/** Commands about servers: their files, and what they offer. */
function addPeerCommands(tools: Command, context: Context): void {
  tools
    .command('install <source>')
    .description('put the files of a server in place: npm:NAME@VERSION, or a folder')
    .option('--json', 'print JSON')
    .action(async (source: string, flags: CommonFlags) => {
      const { home } = loadConfig(context.environment);
      const installed = await installArtifact(source, home, workspaceRoot());
      show(context, flags, installed, [
        'Installed. A server is described to "tools scaffold" by a file such as:',
        '',
        `id: ${installed.artifact.replaceAll(/[^a-z0-9]+/g, '-').slice(0, 30)}`,
        'transport: stdio',
        `artifact: ${installed.artifact}`,
        `integrity: ${installed.integrity}`,
        installed.entry === undefined
          ? '# entry: the script in it that starts the server; no package.json of it names one'
          : `entry: ${installed.entry}`,
      ]);
    });
  overHttp(
    tools.command('record <peer>').description('what a server offers now; <peer> is a YAML file'),
  ).action(async (file: string, flags: CommonFlags) => {
    const request = { method: 'POST', body: { peer: readPeer(file) } } as const;
    const offer = await connect(flags, context).call(`${PATH}/offer`, PeerOffer, request);
    show(context, flags, offer, [
      `${offer.server} (MCP ${offer.protocol})`,
      ...offer.tools.flatMap((tool) => [`${tool.name}  ${tool.digest}`, ...tool.findings.map(finding)]),
    ]);
  });
  overHttp(tools.command('scaffold <peer>').description('draft a contract for each tool of a server'))
    .option('--tool <name>', 'only this one')
    .option('--out <folder>', 'write a file for each, instead of printing them')
    .action(async (file: string, flags: CommonFlags & { tool?: string; out?: string }) => {
      const request = { method: 'POST', body: { peer: readPeer(file) } } as const;
      const { drafts } = await connect(flags, context).call(`${PATH}/scaffold`, Drafts, request);
      const wanted = drafts.filter(({ tool }) => flags.tool === undefined || tool === flags.tool);
      if (wanted.length === 0) throw new CliError(`The server offers no tool ${flags.tool ?? ''}.`);
      const lines = wanted.flatMap(({ tool, text }) => write(tool, text, flags.out));
      show(context, flags, { drafts: wanted }, lines);
    });
}

/** Commands about the text of a contract. */
function addDocumentCommands(tools: Command, context: Context, finish: Finish): void {
  overHttp(tools.command('lint <file>').description('what is wrong with a contract, or weak')).action(
    async (file: string, flags: CommonFlags) => {
      const request = { method: 'POST', body: { text: readText(file) } } as const;
      const report = await connect(flags, context).call(`${PATH}/lint`, LintReport, request);
      const isSound = report.findings.every(({ severity }) => severity !== 'error');
      show(context, flags, report, [
        ...report.findings.map(finding),
        isSound
          ? `No errors in the text: ${report.digest}. Its server is asked when it is registered.`
          : 'It cannot be registered.',
      ]);
      finish(isSound ? EXIT.ok : EXIT.failure);
    },
  );
  overHttp(
    tools.command('register <file>').description('hand a contract in; somebody else approves it'),
  ).action(async (file: string, flags: CommonFlags) => {
    const request = { method: 'POST', body: { text: readText(file) } } as const;
    const done = await connect(flags, context).call(PATH, ContractDetail, request);
    show(context, flags, done, [line(done), `Its digest: ${done.digest}`]);
  });
}

function write(tool: string, text: string, folder: string | undefined): string[] {
  if (folder === undefined) return [`# ${tool}`, text, '---'];
  const file = join(folder, `${tool.replaceAll(/[^A-Za-z0-9_-]+/g, '-')}.yaml`);
  mkdirSync(folder, { recursive: true });
  if (existsSync(file)) throw new CliError(`${file} is there already and is kept. Name another folder.`);
  writeFileSync(file, text, { flag: 'wx' });
  return [file];
}

function readDocument(file: string): unknown {
  try {
    return parse(readText(file), { logLevel: 'silent' });
  } catch (error) {
    if (error instanceof CliError) throw error;
    const [first = ''] = (error as Error).message.split('\n', 1);
    throw new CliError(`${file} is neither YAML nor JSON: ${first.replace(/:$/, '.')}`, EXIT.usage);
  }
}

function readPeer(file: string): Peer {
  const { data, problem } = readAs(Peer, readDocument(file), 'The file');
  if (data === undefined) throw new CliError(`${file} does not describe a server. ${problem}`, EXIT.usage);
  return data;
}

function placeOf(name: string): string {
  const [contract, version, rest] = name.split('@');
  if (!contract || !version || rest !== undefined)
    throw new CliError(`Say the contract and its version, such as crm.ticket.create@1.0.0.`, EXIT.usage);
  return `${PATH}/${encodeURIComponent(contract)}/${encodeURIComponent(version)}`;
}

function line({ contract, version, state, effect, title, reason }: ContractRow): string {
  const why = reason === null ? '' : ` (${reason})`;
  return `${contract}@${version}  ${state}  ${effect}  ${title}${why}`;
}

function describe(found: ContractDetail): string[] {
  return [
    line(found),
    `digest: ${found.digest}`,
    `registered by ${found.registeredBy}${found.approvedBy === null ? '' : `, approved by ${found.approvedBy}`}`,
    ...found.findings.map(finding),
    JSON.stringify(found.document, null, 2),
    ...found.drift.flatMap(({ at, changes }) => [`differed at ${at}:`, ...changes.flatMap(changeLines)]),
  ];
}

const finding = ({ severity, at, message }: Finding): string => `  ${severity}  ${at || '/'}  ${message}`;
