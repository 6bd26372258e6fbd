import { SearchRequest } from '@belay/contracts';
import { isDomainError } from '@belay/errors';
import type { RetrievalService } from '@belay/retrieval';
import type { CallOutcome } from '../peers/call-outcome.js';
import type { ToolCall } from '../peers/call-tool.js';

const LIMIT = 5;

/** Answers calls of the contract for documents: a search under the rights of whoever the call is for. */
export class DocumentSearch {
  constructor(private readonly retrieval: Pick<RetrievalService, 'search'>) {}

  async call({ holder, arguments: given }: ToolCall): Promise<CallOutcome> {
    const [tenant = 0, person = 0] = holder.split(':').map(Number);
    const { query, limit = LIMIT } = given as { query: string; limit?: number };
    try {
      const found = await this.retrieval.search({ tenant, person }, SearchRequest.parse({ query, limit }));
      const passages = found.map(({ documentId: document, title, text }) => ({ document, title, text }));
      return { kind: 'result', value: { passages } };
    } catch (error) {
      if (!isDomainError(error)) throw error;
      return { kind: 'not-sent', reason: error.message };
    }
  }
}
