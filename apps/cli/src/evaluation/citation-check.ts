import { createHash } from 'node:crypto';
import { type Citation, DocumentContent } from '@belay/contracts';
import { type ApiClient, ApiError } from '../http/api-client.js';

/** Holds citations against the documents themselves, as somebody would who does not trust the answer. */
export class CitationCheck {
  private readonly texts = new Map<string, Promise<string | undefined>>();

  constructor(private readonly api: ApiClient) {}

  /** Whether the quote is the sentence shown, stands where the citation says, and has its digest. */
  async holds(citation: Citation, sentence: string): Promise<boolean> {
    const { documentId, versionId, start, end, quote, sha256 } = citation;
    const text = await this.text(documentId, versionId);
    const digest = createHash('sha256').update(quote, 'utf8').digest('hex');
    return text?.slice(start, end) === quote && digest === sha256 && sentence === quote;
  }

  private text(documentId: string, versionId: string): Promise<string | undefined> {
    const key = `${documentId}/${versionId}`;
    const known = this.texts.get(key);
    if (known) return known;
    const reading = this.read(documentId, versionId);
    this.texts.set(key, reading);
    return reading;
  }

  private async read(documentId: string, versionId: string): Promise<string | undefined> {
    try {
      const path = `documents/${documentId}/content?version=${versionId}`;
      return (await this.api.call(path, DocumentContent)).text;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'not-found') return undefined;
      throw error;
    }
  }
}
