import type { EmbeddingPool } from '@belay/inference';
import { packVectors, partsOf } from '@belay/retrieval';
import { passageText, rounded } from './passage-text.js';

/** A passage as far as it is embedded. */
interface EmbeddedText {
  readonly title: string;
  readonly heading: readonly string[];
  readonly body: string;
  readonly language: string;
}

/** What a generation keeps of a passage. */
export interface PassageVectors {
  readonly vector: readonly number[];
  /** Its sentences' vectors, packed, in base64; null where the model's say nothing of a single sentence. */
  readonly sentences: string | null;
}

/** Embeds passages as below. */
export function embedPassages(
  pool: Pick<EmbeddingPool, 'model' | 'embed'>,
  passages: readonly EmbeddedText[],
): Promise<PassageVectors[]> {
  return Promise.all(passages.map((passage) => embedPassage(pool, passage)));
}

/** Embeds a passage, and each of its sentences under the same title and headings: by itself it seldom names its subject. */
export async function embedPassage(
  pool: Pick<EmbeddingPool, 'model' | 'embed'>,
  { title, heading, body, language }: EmbeddedText,
): Promise<PassageVectors> {
  const parts = pool.model.sentences ? partsOf(body, language) : [];
  const texts = [body, ...parts.map(({ start, end }) => body.slice(start, end))];
  const embedded = texts.map((text) => passageText(title, heading, text));
  const [vector, ...own] = await pool.embed(embedded, 'passage', 'ingest');
  const sentences = pool.model.sentences ? packVectors(own).toString('base64') : null;
  return { vector: rounded(vector), sentences };
}
