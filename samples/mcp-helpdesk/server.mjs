/**
 * A help desk over MCP (stdio): tickets in one JSON file, so that what an agent did can be looked at.
 * `node server.mjs FOLDER`; the file is FOLDER/tickets.json. A call with a key that was seen before does nothing and
 * gives the same ticket again, and closing takes the revision that the caller knows.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const file = join(process.argv[2] ?? '.', 'tickets.json');
const Ticket = {
  id: z.string(),
  subject: z.string(),
  body: z.string(),
  assignee: z.string(),
  state: z.enum(['open', 'closed']),
  comments: z.array(z.string()),
  revision: z.number().int(),
};

const read = () => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { next: 1, tickets: [] });

// Written beside and renamed, so that a reader and a killed process see the former file or the new one.
function write(desk) {
  writeFileSync(`${file}.new`, `${JSON.stringify(desk, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

const shown = ({ keys, ...ticket }) => ticket;
const reply = (value) => ({
  content: [{ type: 'text', text: JSON.stringify(value) }],
  structuredContent: value,
});
const refuse = (text) => ({ isError: true, content: [{ type: 'text', text }] });

/** Runs `change` on a ticket unless the key says that it ran before. */
function once(id, key, change) {
  const desk = read();
  const ticket = desk.tickets.find((one) => one.id === id);
  if (!ticket) return refuse(`There is no ticket ${id}.`);
  if (key === undefined || !ticket.keys.includes(key)) {
    const problem = change(ticket);
    if (problem) return refuse(problem);
    ticket.revision += 1;
    if (key !== undefined) ticket.keys.push(key);
    write(desk);
  }
  return reply(shown(ticket));
}

const server = new McpServer({ name: 'belay-mcp-helpdesk', version: '1.0.0' });
const key = z.string().max(200).optional().describe('The same key again does nothing');

server.registerTool(
  'create_ticket',
  {
    title: 'Create a ticket',
    description: 'Opens a ticket at the help desk',
    inputSchema: {
      subject: z.string().min(1).max(200),
      body: z.string().max(4000).default(''),
      assignee: z.string().max(100).default(''),
      key,
    },
    outputSchema: Ticket,
    annotations: { readOnlyHint: false, destructiveHint: false },
  },
  ({ subject, body, assignee, key: own }) => {
    const desk = read();
    const known = own === undefined ? undefined : desk.tickets.find(({ keys }) => keys.includes(own));
    if (known) return reply(shown(known));
    const keys = own === undefined ? [] : [own];
    const ticket = {
      id: `T-${desk.next}`,
      subject,
      body,
      assignee,
      state: 'open',
      comments: [],
      revision: 1,
      keys,
    };
    write({ next: desk.next + 1, tickets: [...desk.tickets, ticket] });
    return reply(shown(ticket));
  },
);

server.registerTool(
  'close_ticket',
  {
    title: 'Close a ticket',
    description: 'Closes a ticket, if it is still as the caller knows it',
    inputSchema: { id: z.string(), why: z.string().max(500), revision: z.number().int().optional(), key },
    outputSchema: Ticket,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
  },
  ({ id, why, revision, key: own }) =>
    once(id, own, (ticket) => {
      if (revision !== undefined && ticket.revision !== revision)
        return `Ticket ${id} was changed: it is at revision ${ticket.revision}.`;
      ticket.state = 'closed';
      ticket.comments.push(`Closed: ${why}`);
      return undefined;
    }),
);

server.registerTool(
  'comment_ticket',
  {
    title: 'Comment on a ticket',
    description: 'Adds a comment to a ticket',
    inputSchema: { id: z.string(), text: z.string().min(1).max(4000), key },
    outputSchema: Ticket,
  },
  ({ id, text, key: own }) => once(id, own, (ticket) => void ticket.comments.push(text)),
);

server.registerTool(
  'find_tickets',
  {
    title: 'Find tickets',
    description: 'Tickets whose subject holds a text, or that were made with a key',
    inputSchema: { text: z.string().max(200).optional(), key: z.string().max(200).optional() },
    outputSchema: { tickets: z.array(z.object(Ticket)) },
    annotations: { readOnlyHint: true },
  },
  ({ text = '', key: own }) => {
    const wanted = ({ subject, keys }) =>
      subject.toLowerCase().includes(text.toLowerCase()) && (own === undefined || keys.includes(own));
    return reply({ tickets: read().tickets.filter(wanted).slice(0, 100).map(shown) });
  },
);

await server.connect(new StdioServerTransport());
