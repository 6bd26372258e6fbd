import type { SearchResult } from '@belay/contracts';
import type { Passage } from '@belay/retrieval';

/** A passage as it leaves the process: without what only ranking needs. */
export function searchResult(passage: Passage, hits: NonNullable<SearchResult['hits']>): SearchResult {
  const { documentId, versionId, title, collection, collectionId, path, heading, page, start, end } = passage;
  const { text, score, mediaType, language, updatedAt, duplicates = [] } = passage;
  const copies = duplicates.map((copy) => ({
    documentId: copy.documentId,
    title: copy.title,
    path: copy.path,
  }));
  const place = { documentId, versionId, title, collection, collectionId, path, heading, page, start, end };
  return { ...place, copies, text, score, mediaType, language, updatedAt: updatedAt?.toISOString(), hits };
}
