import type { ToolContract } from '@belay/contracts';
import { digestOf } from '../contracts/canonical-json.js';
import type { Definition } from '../contracts/pinned-definition.js';

const NAME = 'search';
const INPUT = {
  type: 'object',
  properties: {
    query: { type: 'string', minLength: 1, maxLength: 500 },
    limit: { type: 'integer', minimum: 1, maximum: 10 },
  },
  required: ['query'],
  additionalProperties: false,
};
const OUTPUT = {
  type: 'object',
  properties: {
    passages: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          document: { type: 'string' },
          title: { type: 'string' },
          text: { type: 'string' },
        },
        required: ['document', 'title', 'text'],
        additionalProperties: false,
      },
    },
  },
  required: ['passages'],
  additionalProperties: false,
};

/**
 * The one tool that is Belay's own: passages of the company's documents, under the rights of the person whose run it
 * is. Text of documents is untrusted like that of any server, and is for whoever may read the document.
 */
export const SEARCH_CONTRACT: ToolContract = {
  contract: 'belay.documents.search',
  version: '1.0.0',
  title: 'Search the documents',
  description: 'Passages of the documents that the person may read, best first.',
  // No server: who holds this contract asks retrieval itself.
  peer: { id: 'belay', transport: 'http', url: 'http://belay.invalid/', privateNetwork: false },
  tool: { name: NAME, definitionDigest: digestOf({ name: NAME, inputSchema: INPUT }) },
  input: { schema: INPUT, sinks: { '/query': 'content' } },
  output: { schema: OUTPUT, maxBytes: 256 * 1024 },
  effect: { class: 'read', blast: { resource: 'belay.documents', maxItems: 1, perDay: 1_000_000 } },
  idempotency: { mode: 'natural' },
  users: ['everyone'],
  audience: ['everyone'],
  limits: { rate: { calls: 20, per: 'second' }, burst: 40, concurrency: 10, timeoutMs: 10_000 },
  budget: { cost: 1, maxPerRun: 100 },
  approval: { when: 'never', approvers: 1, separation: false, expiresMinutes: 30 },
  dryRun: { mode: 'none' },
  redact: [],
  retentionDays: 90,
};

export const SEARCH_DEFINITION = { name: NAME, inputSchema: INPUT } as unknown as Definition;
export const SEARCH_DIGEST = digestOf(SEARCH_CONTRACT);
