import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { parse, stringify } from 'yaml';
import { OWN, type Visit } from './visit.mjs';

const SAMPLE = fileURLToPath(new URL('../../../samples/mcp-helpdesk', import.meta.url));
const TICKETS = { resource: 'tickets', maxItems: 1, perDay: 50 };

/** What a person decides about each tool of the help desk. */
const DECIDED: Readonly<Record<string, object>> = {
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

/** A ticket in the file of the help desk. */
export interface Ticket {
  readonly id: string;
  readonly subject: string;
  readonly state: string;
  readonly comments: readonly string[];
}

/** What is in the file of the help desk now. */
export function ticketsOf({ product }: Visit): Ticket[] {
  const file = join(product.home, 'peer-data/helpdesk/tickets.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { tickets: Ticket[] }).tickets : [];
}

/** Puts a server's files in place, and describes it as the page wants it. */
export function installServer({ product }: Visit, source: string, id: string): string {
  const { stdout } = product.cli('tools', 'install', source, '--json');
  const { artifact, integrity, entry } = JSON.parse(stdout) as Record<string, string>;
  return stringify({
    id,
    transport: 'stdio',
    artifact,
    integrity,
    entry,
    args: ['/data'],
    mounts: [{ name: id, path: '/data', mode: 'rw' }],
  });
}

/** The help desk with its contracts in use: registered by the developer, approved by the administrator. */
export async function openHelpdesk(visitor: Visit, developer: Page, admin: Page): Promise<void> {
  const peer = parse(installServer(visitor, SAMPLE, 'helpdesk')) as object;
  const send = async (page: Page, path: string, data: object): Promise<Record<string, unknown>> => {
    const response = await page.request.post(`/v1/tools${path}`, { headers: OWN, data });
    if (!response.ok()) throw new Error(`${path}: ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const { drafts } = (await send(developer, '/scaffold', { peer })) as {
    drafts: { tool: string; text: string }[];
  };
  for (const [tool, decided] of Object.entries(DECIDED)) {
    const draft = parse(drafts.find((one) => one.tool === tool)?.text ?? '') as object;
    const text = stringify({ ...draft, description: 'In words of ours', ...decided });
    const { contract, version, digest } = await send(developer, '', { text });
    await send(admin, `/${String(contract)}/${String(version)}/approve`, { digest });
  }
}
