import { setImmediate as letOthersGo } from 'node:timers/promises';
import { DomainError } from '@belay/errors';
import type { EmbeddingPool } from '@belay/inference';
import { type ChunkPostings, postingsOf } from '@belay/retrieval';
import { type Chunk, chunkPart } from './chunk.js';
import { embedPassage, type PassageVectors } from './generations/embed-passages.js';
import { languageOfPassage } from './language.js';

/** A passage with all that the index holds of it. */
export interface Passage extends Chunk, ChunkPostings {
  readonly language: string;
  readonly vectors: PassageVectors;
}

type Part = Parameters<typeof chunkPart>[0] & { readonly chunksBefore: number };
type Pool = Pick<EmbeddingPool, 'model' | 'embed' | 'countTokens'>;

const MOST_PASSAGES = 60_000;
const TOO_MANY = `The document has more than ${MOST_PASSAGES} passages. Split it.`;
const SIZE = { target: 160, cap: 192 };

/**
 * The passages of a part. The model embeds one while the next is cut, and after each one whatever else this process has
 * to do goes first: questions wait a few milliseconds, not for the part. Throws `documents.too-large`.
 */
export async function preparePassages(part: Part, title: string, pool: Pool): Promise<Passage[]> {
  const countTokens = (text: string): number => pool.countTokens(text);
  const passages: Promise<Passage>[] = [];
  for (const chunk of chunkPart(part, { ...SIZE, countTokens })) {
    const ordinal = part.chunksBefore + chunk.ordinal;
    if (ordinal >= MOST_PASSAGES) throw new DomainError('documents.too-large', TOO_MANY);
    const passage = prepare({ ...chunk, ordinal }, part.language, title, pool);
    // It is awaited with the others, which may take a while.
    passage.catch(() => undefined);
    passages.push(passage);
    await letOthersGo();
  }
  return Promise.all(passages);
}

async function prepare(chunk: Chunk, around: string, title: string, pool: Pool): Promise<Passage> {
  const { text, heading } = chunk;
  const language = languageOfPassage(text, around);
  const embedding = embedPassage(pool, { title, heading, body: text, language });
  const analysed = postingsOf(text, heading, title, language);
  return { ...chunk, language, ...analysed, vectors: await embedding };
}
