import { Client, type Transport } from '@modelcontextprotocol/client';
import { DomainError } from '@belay/errors';
import type { z } from 'zod';

const HANDSHAKE_MS = 10_000;
const REQUEST_MS = 20_000;

/**
 * A connection to one server of MCP, of either era of the protocol. It offers the server nothing: neither roots nor
 * sampling nor elicitation, so a demand for them fails there. Results are not judged here but by the contract.
 */
export class PeerConnection {
  private constructor(
    private readonly client: Client,
    /** What the server calls itself; a claim, no identity. */
    readonly server: string,
    readonly protocol: string,
  ) {}

  /** Connects, or throws `peers.unavailable` in time; nothing of a transport that fails stays behind. */
  static async open(transport: Transport): Promise<PeerConnection> {
    const client = new Client(
      { name: 'belay', version: '1' },
      {
        capabilities: {},
        versionNegotiation: { mode: 'auto', probe: { timeoutMs: HANDSHAKE_MS } },
        inputRequired: { autoFulfill: false },
      },
    );
    client.onerror = () => undefined;
    try {
      await client.connect(transport, { timeout: HANDSHAKE_MS });
    } catch (cause) {
      await client.close().catch(() => undefined);
      throw unavailable(cause);
    }
    const { name = '', version = '' } = client.getServerVersion() ?? {};
    return new PeerConnection(
      client,
      `${name} ${version}`.slice(0, 200),
      client.getNegotiatedProtocolVersion() ?? '',
    );
  }

  /** One request and its result. Throws `peers.unavailable` where none came in time or it has another shape. */
  async request<Schema extends z.ZodType>(
    method: string,
    params: Record<string, unknown>,
    result: Schema,
  ): Promise<z.infer<Schema>> {
    try {
      return (await this.client.request({ method, params }, result, {
        timeout: REQUEST_MS,
        maxTotalTimeout: REQUEST_MS,
      })) as z.infer<Schema>;
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

// What a server says about its failure is its text: it goes no further than the cause.
function unavailable(cause: unknown): DomainError {
  return new DomainError('peers.unavailable', 'The server did not answer as MCP asks for, or not in time.', {
    cause,
  });
}
