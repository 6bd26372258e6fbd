/** The help desk of the samples as a server of tools with contracts in use, for whatever looks at the page. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { OWN } from './visit.mjs';

const SAMPLES = fileURLToPath(new URL('../../../samples/', import.meta.url));
const TICKETS = { resource: 'tickets', maxItems: 1, perDay: 50 };

/** What a person decides about each tool of the help desk. */
const DECIDED = {
  find_tickets: {
    title: 'Find tickets',
    effect: { class: 'read', blast: TICKETS },
    approval: { when: 'never' },
    dryRun: { mode: 'none' },
  },
  close_ticket: {
    title: 'Close a ticket',
    effect: { class: 'irreversible', blast: TICKETS },
    idempotency: { mode: 'key', argument: '/key' },
    approval: { when: 'always', separation: true },
  },
  create_ticket: {
    title: 'Open a ticket',
    effect: { class: 'compensable', reversibleForHours: 24, blast: TICKETS },
    idempotency: { mode: 'key', argument: '/key' },
    probe: { contract: 'helpdesk.find-tickets@^1', args: { '/text': '$input/subject' }, found: '/tickets' },
    compensation: {
      contract: 'helpdesk.close-ticket@^1',
      args: { '/id': '$result/id', '/revision': '$result/revision', '/why': 'taken back' },
      unchanged: ['/revision'],
    },
    approval: { when: 'always', separation: true },
  },
};

/** What is in the file of the help desk now. */
export function ticketsOf({ product }) {
  const file = join(product.home, 'peer-data/helpdesk/tickets.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).tickets : [];
}

/** Puts a server's files in place, and describes it as the page wants it. */
export function installServer({ product }, source, id) {
  const { stdout } = product.cli('tools', 'install', source, '--json');
  const { artifact, integrity, entry } = JSON.parse(stdout);
  const mounts = [{ name: id, path: '/data', mode: 'rw' }];
  return stringify({ id, transport: 'stdio', artifact, integrity, entry, args: ['/data'], mounts });
}

/** The draft of a tool with what a person decides about a tool that reads. */
export const decideRead = (draft, title) =>
  draft
    .replace(/^title: .*$/m, `title: ${title}`)
    .replace(/^description: .*$/m, `description: ${title}, in words of ours`)
    .replace(/^( +)class: .*$/m, '$1class: read')
    .replace('when: always', 'when: never')
    .replace('mode: simulate', 'mode: none');

/** Contracts of a server in use, in their order: registered by the developer, approved by the administrator. */
async function useContracts({ developer, admin }, peer, contracts) {
  const { drafts } = await send(developer, 'tools/scaffold', { peer });
  for (const [tool, decided] of contracts) {
    const draft = parse(drafts.find((one) => one.tool === tool).text);
    const text = stringify({ ...draft, description: 'In words of ours', ...decided });
    const { contract, version, digest } = await send(developer, 'tools', { text });
    await send(admin, `tools/${contract}/${version}/approve`, { digest });
  }
}

/** The help desk with its contracts in use, and the playbook that opens a ticket. */
export async function openHelpdesk(visitor, developer, admin) {
  const peer = parse(installServer(visitor, join(SAMPLES, 'mcp-helpdesk'), 'helpdesk'));
  await useContracts({ developer, admin }, peer, Object.entries(DECIDED));
  const text = readFileSync(join(SAMPLES, 'playbooks/open-ticket.yaml'), 'utf8');
  const { playbook, version, digest } = await send(developer, 'playbooks', { text });
  await send(admin, `playbooks/${playbook}/${version}/approve`, { digest });
}

const FILES = { resource: 'files', maxItems: 1, perDay: 50 };
const isThere = (at) => ({ contract: 'files.read-text-file@^1', args: { '/path': at }, found: '/content' });
/** A file is set aside before it is written anew; both ways back are moves, so that its former bytes come back. */
const FILE_CONTRACTS = [
  [
    'read_text_file',
    {
      title: 'Read a file',
      effect: { class: 'read', blast: FILES },
      approval: { when: 'never' },
      dryRun: { mode: 'none' },
    },
  ],
  [
    'move_file',
    {
      contract: 'files.put-back',
      title: 'Put a file back',
      effect: { class: 'irreversible', blast: FILES },
      probe: isThere('$input/destination'),
      approval: { when: 'always', separation: true },
    },
  ],
  [
    'move_file',
    {
      contract: 'files.set-aside',
      title: 'Set a file aside',
      effect: { class: 'reversible', blast: FILES },
      probe: isThere('$input/destination'),
      compensation: {
        contract: 'files.put-back@^1',
        args: { '/source': '$input/destination', '/destination': '$input/source' },
      },
      approval: { when: 'tainted' },
    },
  ],
  [
    'write_file',
    {
      title: 'Write a file',
      effect: { class: 'compensable', blast: FILES },
      probe: isThere('$input/path'),
      compensation: {
        contract: 'files.put-back@^1',
        args: { '/source': '$input/path', '/destination': '/data/taken-back.md' },
      },
      approval: { when: 'always', separation: true },
    },
  ],
];

/** The reference server of files, from where npm put it, with contracts that keep what was there. */
export async function openFiles(visitor, developer, admin) {
  const source = join(SAMPLES, '../node_modules/@modelcontextprotocol/server-filesystem');
  await useContracts({ developer, admin }, parse(installServer(visitor, source, 'files')), FILE_CONTRACTS);
}

async function send(page, path, data) {
  const response = await page.request.post(`/v1/${path}`, { headers: OWN, data });
  if (!response.ok()) throw new Error(`${path}: ${await response.text()}`);
  return response.json();
}

/** Plans a run of steps for the person of a page, and opens it there once it can be started. */
export async function plan(page, title, steps) {
  const { id } = await send(page, 'runs', { title, steps });
  await page.goto(`/actions/${id}`);
  await page.getByRole('button', { name: 'Do it', exact: true }).waitFor();
  return id;
}
