import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { HttpPeer } from '@belay/contracts';
import { z } from 'zod';

const Thing = { id: z.string(), label: z.string(), revision: z.number().int() };
interface Thing {
  id: string;
  label: string;
  revision: number;
  key: string | undefined;
}
interface Gate {
  readonly promise: Promise<void>;
  readonly release: () => void;
}

function gate(): Gate {
  let release = (): void => undefined;
  const promise = new Promise<void>((resolve) => (release = resolve));
  return { promise, release };
}

/**
 * A server of things over HTTP whose calls are held for as long as a test wants: what is held is neither done nor
 * answered, and done later though nobody waits for it any more.
 */
export class HeldServer {
  readonly things: Thing[] = [];
  /** The tools that were called, in their order. */
  readonly calls: string[] = [];
  /** Requests of any kind that are not answered because it fell silent. */
  unanswered = 0;
  private silence: Gate | undefined;
  private readonly held = new Map<string, Gate>();
  private readonly sessions = new Map<string, StreamableHTTPServerTransport>();

  private constructor(private readonly http: Server) {}

  static async start(): Promise<HeldServer> {
    const http = createServer();
    const server = new HeldServer(http);
    http.on('request', (request, response) => void server.answer(request, response));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  peer(id: string): HttpPeer {
    const { port } = this.http.address() as AddressInfo;
    return { id, transport: 'http', url: `http://127.0.0.1:${port}/mcp`, privateNetwork: true };
  }

  /** Holds the calls of a tool for things of a label until they are let go. */
  hold(tool: string, label: string): void {
    this.held.set(`${tool} ${label}`, gate());
  }

  /** Answers nothing at all, nor whoever connects, until it goes on. */
  fallSilent(): void {
    this.silence = gate();
  }

  goOn(): void {
    this.silence?.release();
    this.silence = undefined;
  }

  letGo(tool: string, label: string): void {
    this.held.get(`${tool} ${label}`)?.release();
    this.held.delete(`${tool} ${label}`);
  }

  labelled(label: string): Thing[] {
    return this.things.filter((thing) => thing.label === label);
  }

  async stop(): Promise<void> {
    for (const { release } of this.held.values()) release();
    this.goOn();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.silence) this.unanswered += 1;
    await this.silence?.promise;
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? this.sessions.get(id) : undefined;
    if (id !== undefined && !known) return void response.writeHead(404).end();
    const transport =
      known ??
      new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (session) => void this.sessions.set(session, transport),
      });
    if (!known) await this.offer().connect(transport);
    await transport.handleRequest(request, response);
  }

  private offer(): McpServer {
    const server = new McpServer({ name: 'held', version: '1.0.0' });
    const key = z.string().optional();
    const shown = ({ id, label, revision }: Thing): Record<string, unknown> => ({ id, label, revision });
    const reply = (structuredContent: Record<string, unknown>) => ({ content: [], structuredContent });
    const make = { inputSchema: { label: z.string(), key }, outputSchema: Thing };
    server.registerTool('make', make, async ({ label, key: own }) => {
      await this.called('make', label);
      const known = this.things.find((thing) => own !== undefined && thing.key === own);
      const made = known ?? { id: `H-${this.things.length + 1}`, label, revision: 1, key: own };
      if (!known) this.things.push(made);
      return reply(shown(made));
    });
    const found = { things: z.array(z.object(Thing)) };
    const find = { inputSchema: { label: z.string().optional(), key }, outputSchema: found };
    server.registerTool('find', find, async ({ label, key: own }) => {
      await this.called('find', label ?? '');
      const isWanted = (thing: Thing): boolean =>
        (label === undefined || thing.label === label) && (own === undefined || thing.key === own);
      return reply({ things: this.things.filter(isWanted).map(shown) });
    });
    const remove = { inputSchema: { id: z.string() }, outputSchema: { id: z.string() } };
    server.registerTool('remove', remove, async ({ id }) => {
      const at = this.things.findIndex((thing) => thing.id === id);
      await this.called('remove', this.things[at]?.label ?? '');
      if (at >= 0) this.things.splice(at, 1);
      return reply({ id });
    });
    return server;
  }

  private async called(tool: string, label: string): Promise<void> {
    this.calls.push(tool);
    await this.held.get(`${tool} ${label}`)?.promise;
  }
}
