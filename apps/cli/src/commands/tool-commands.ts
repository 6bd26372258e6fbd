import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '@belay/config';
import {
  ContractDetail,
  ContractDraft,
  ContractRow,
  LintReport,
  Peer,
  PeerOffer,
  readAs,
  sayTime,
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
import { recordCall, addRecordedCallCommands } from './recorded-call-commands.js';
import {
  addRegistryCommands,
  findingLine,
  listRegistered,
  placeOf,
  type RegistryKind,
} from './registry-commands.js';
import { addSecretCommands } from './secret-commands.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';
import { idFor } from './suggest-id.js';
import { addToolDiffCommand, lines as changeLines } from './tool-diff-command.js';

const PATH = 'tools';
const Drafts = z.object({ drafts: z.array(ContractDraft) });
const CONTRACTS: RegistryKind<ContractRow, ContractDetail> = {
  noun: 'contract',
  path: PATH,
  example: 'crm.ticket.create@1.0.0',
  detail: ContractDetail,
  rows: z.object({ contracts: z.array(ContractRow) }).transform(({ contracts }) => ({ rows: contracts })),
  nameOf: ({ contract, version }) => `${contract}@${version}`,
  more: ({ effect }) => `${effect}  `,
  note: ({ refused }) =>
    refused.length === 0 ? [] : ['  It would not be registered today:', ...refused.map(findingLine)],
  below: ({ drift }) =>
    drift.flatMap(({ at, changes }) => [`differed, ${sayTime(at)}:`, ...changes.flatMap(changeLines)]),
  usedBy: 'used',
  asides: [
    ['quarantine', 'take it out of use until it is approved again'],
    ['retire', 'take it out of use for good'],
  ],
};

/** `tools install|record|recorded|replay|scaffold|lint|register|approve|list|show|verify|quarantine|retire`. */
export function addToolCommands(program: Command, context: Context, finish: Finish): void {
  const tools = program.command('tools').description('servers of tools, and the contracts that bound them');
  addPeerCommands(tools, context);
  addSecretCommands(tools, context, readPeer);
  addDocumentCommands(tools, context, finish);
  addToolDiffCommand(tools, context, finish);
  addRegistryCommands(tools, context, CONTRACTS);
  overHttp(tools.command('list').description('contracts and where they stand')).action((flags: CommonFlags) =>
    listRegistered(context, flags, CONTRACTS),
  );
  addRecordedCallCommands(tools, context, finish, (name) => placeOf(CONTRACTS, name));
  overHttp(
    tools.command('verify <contract>').description('compare it with its server; a difference quarantines it'),
  ).action(async (name: string, flags: CommonFlags) => {
    const request = { method: 'POST', body: {} } as const;
    const found = await connect(flags, context).call(
      `${placeOf(CONTRACTS, name)}/verify`,
      VerifiedContract,
      request,
    );
    show(context, flags, found, [
      found.matches
        ? `${name} is what its server offers.`
        : `${name} is quarantined: its server says otherwise.`,
      ...found.changes.flatMap(changeLines),
      ...found.fixtures.map(({ name: call, problem }) => `  ${call}  ${problem ?? 'fits the contract'}`),
    ]);
    const isSound = found.matches && found.fixtures.every(({ problem }) => problem === null);
    finish(isSound ? EXIT.ok : EXIT.failure);
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
      // Loaded where it is needed: it is more than half of what every command would load.
      const { installArtifact } = await import('@belay/agents');
      const installed = await installArtifact(source, home, workspaceRoot());
      show(context, flags, installed, [
        'Installed. A server is described to "tools scaffold" by a file such as:',
        '',
        `id: ${idFor(installed.artifact)}`,
        'transport: stdio',
        `artifact: ${installed.artifact}`,
        `integrity: ${installed.integrity}`,
        installed.entry === undefined
          ? '# entry: the script in it that starts the server; no package.json of it names one'
          : `entry: ${installed.entry}`,
      ]);
    });
  overHttp(
    tools
      .command('record <peer>')
      .description('what a server offers now, by a YAML file; or a call of a contract, by NAME@VERSION'),
  )
    .option(
      '--arguments <json>',
      'of the call: JSON, or a file with it; what comes back is kept as a fixture',
    )
    .option('--name <name>', 'of the recorded call')
    .action(async (what: string, flags: CommonFlags & { arguments?: string; name?: string }) => {
      if (flags.arguments !== undefined)
        return recordCall(context, { ...flags, arguments: flags.arguments }, what, placeOf(CONTRACTS, what));
      const request = { method: 'POST', body: { peer: readPeer(what) } } as const;
      const offer = await connect(flags, context).call(`${PATH}/offer`, PeerOffer, request);
      return show(context, flags, offer, [
        `${offer.server} (MCP ${offer.protocol})`,
        ...offer.tools.flatMap((tool) => [`${tool.name}  ${tool.digest}`, ...tool.findings.map(findingLine)]),
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
        ...report.findings.map(findingLine),
        isSound
          ? `No errors in the text: ${report.digest}. Its server is asked when it is registered.`
          : 'It cannot be registered.',
      ]);
      finish(isSound ? EXIT.ok : EXIT.failure);
    },
  );
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
