import { setImmediate } from 'node:timers/promises';
import { isDeeperThan, type Finding, type OfferedTool, type PeerOffer, hasUnseen } from '@belay/contracts';
import { DomainError, isDomainError } from '@belay/errors';
import { z } from 'zod';
import { compileSchema, type JsonSchema } from '../contracts/json-schema.js';
import { definitionDigest, pinned } from '../contracts/pinned-definition.js';
import { error, warning } from '../contracts/finding.js';
import type { PeerConnection } from './peer-connection.js';

const MOST_PAGES = 50;
const MOST_TOOLS = 500;
const MOST_BYTES = 4 * 2 ** 20;
const MOST_DEPTH = 100;
// In all: honest servers take a hundredth of it.
const JUDGE_MS = 10_000;
// Every field is kept as it came: what is pinned must not depend on what a library knows of the protocol.
const Page = z.looseObject({
  tools: z.array(z.looseObject({ name: z.string().min(1).max(128) })),
  nextCursor: z.string().max(4096).optional(),
});

/** Whether a definition is nested so deeply that it cannot be compared; it is never the one that is pinned. */
export function isTooDeep(tool: unknown): boolean {
  return isDeeperThan(tool, MOST_DEPTH);
}

/** What a server offers, read to its end within bounds, with what is wrong about each definition. */
export async function offeredTools(connection: PeerConnection): Promise<PeerOffer> {
  const tools = await describeTools(await listTools(connection));
  const names = tools.map(({ name }) => name);
  for (const tool of tools) {
    if (names.indexOf(tool.name) !== names.lastIndexOf(tool.name))
      tool.findings.push(error('definition.duplicate', '/name', 'The server offers two tools of this name.'));
  }
  return { server: connection.server, protocol: connection.protocol, tools };
}

/**
 * Definitions with what is wrong about each. Others have their turn between two of them, and what is left when the time
 * is over is not judged: it is wrong to be so.
 */
export async function describeTools(
  definitions: readonly Record<string, unknown>[],
  judgeMs = JUDGE_MS,
): Promise<(OfferedTool & { findings: Finding[] })[]> {
  let left = judgeMs;
  const tools = [];
  for (const definition of definitions) {
    await setImmediate();
    const began = performance.now();
    tools.push(describe(definition, left > 0));
    left -= performance.now() - began;
  }
  return tools;
}

/** The definitions of a server's tools as they came, read to the end of the list within bounds. */
export async function listTools(connection: PeerConnection): Promise<Record<string, unknown>[]> {
  const tools: Record<string, unknown>[] = [];
  let bytes = 0;
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const reply = await connection.request('tools/list', cursor === undefined ? {} : { cursor }, Page);
    if (reply.tools.some((tool) => !isTooDeep(tool) && connection.repeatsSecret(tool)))
      throw refuse('a definition that repeats a secret');
    tools.push(...reply.tools);
    bytes += sizeOf(reply.tools);
    if (tools.length > MOST_TOOLS) throw refuse(`more than ${MOST_TOOLS} tools`);
    if (bytes > MOST_BYTES) throw refuse(`definitions of more than ${MOST_BYTES / 2 ** 20} MiB`);
    cursor = reply.nextCursor;
    if (cursor === undefined) return tools;
  }
  throw refuse(`more than ${MOST_PAGES} pages of tools`);
}

const sizeOf = (tools: readonly unknown[]): number =>
  tools.reduce<number>((sum, tool) => sum + (isTooDeep(tool) ? 0 : JSON.stringify(tool).length), 0);

const refuse = (what: string): DomainError => new DomainError('peers.refused', `The server offers ${what}.`);

function describe(tool: Record<string, unknown>, isJudged: boolean): OfferedTool & { findings: Finding[] } {
  const findings: Finding[] = [];
  const name = String(tool['name']);
  if (isTooDeep(tool)) {
    findings.push(error('definition.schema', '', `It is nested deeper than ${MOST_DEPTH} levels.`));
    return { name, digest: '', definition: { name }, findings };
  }
  if (isJudged)
    for (const field of ['inputSchema', 'outputSchema'])
      findings.push(...schemaFindings(tool[field], `/${field}`));
  else
    findings.push(
      error(
        'definition.unjudged',
        '',
        'The definitions of this server take too long to judge: this one was not.',
      ),
    );
  if (hasUnseen(JSON.stringify(tool)))
    findings.push(warning('definition.unseen', '', 'It holds characters that people do not see.'));
  const digest = digestOrNothing(tool, findings);
  return { name, digest, definition: { ...pinned(tool) }, findings };
}

function digestOrNothing(tool: Record<string, unknown>, findings: Finding[]): string {
  try {
    return definitionDigest(tool);
  } catch (cause) {
    findings.push(error('definition.not-json', '', (cause as Error).message));
    return '';
  }
}

function schemaFindings(schema: unknown, at: string): Finding[] {
  if (schema === undefined) return [];
  try {
    compileSchema(schema as JsonSchema, 'schema');
    return [];
  } catch (cause) {
    if (!isDomainError(cause)) throw cause;
    return [error('definition.schema', at, cause.message)];
  }
}
