import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Document, DocumentContent, FeedbackExamples } from '@belay/contracts';
import { z } from 'zod';
import { CliError, EXIT } from '../failure.js';
import type { ApiClient } from '../http/api-client.js';
import { inParallel } from '../in-parallel.js';

const Documents = z.object({ documents: z.array(Document) });
const WIDTH = 4;
const OWN = { mode: 0o600 };

type Example = FeedbackExamples['examples'][number];

/** What was written. `unreadable` and `outdated` are useful answers that no line could be made of. */
export interface ExportedFeedback {
  readonly folder: string;
  readonly questions: number;
  readonly documents: number;
  readonly unreadable: number;
  readonly outdated: number;
}

/**
 * Writes an evaluation set in BEIR layout: questions that were shared as useful, and the documents of the collections
 * that answered them, all as far as the caller may read it. Refuses a folder that holds something.
 */
export async function exportFeedback(api: ApiClient, folder: string): Promise<ExportedFeedback> {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new CliError(`${folder} is not empty. Name a new folder.`, EXIT.usage);
  const { examples, unreadable } = await api.call('feedback/examples', FeedbackExamples);
  if (examples.length === 0)
    throw new CliError('Nobody shares a useful answer that you may read. People do so below an answer.');
  const corpus = await corpusOf(api, examples);
  const rows = examples.flatMap((example) => answerable(example, corpus));
  if (rows.length === 0)
    throw new CliError('What useful answers quote has changed since: there is nothing to write.');
  mkdirSync(join(folder, 'qrels'), { recursive: true, mode: 0o700 });
  const documents = [...corpus].map(([_id, { title, text }]) => ({ _id, title, text }));
  const judged = rows.flatMap(({ answerId, documentIds }) =>
    documentIds.map((id) => `${answerId}\t${id}\t1`),
  );
  writeLines(join(folder, 'corpus.jsonl'), documents.map(json));
  writeLines(
    join(folder, 'queries.jsonl'),
    rows.map(({ answerId, question }) => json({ _id: answerId, text: question })),
  );
  writeLines(join(folder, 'qrels', 'test.tsv'), ['query-id\tcorpus-id\tscore', ...judged]);
  writeLines(
    join(folder, 'answers.jsonl'),
    rows.map(({ answerId, documentIds, answers }) =>
      json({ _id: answerId, doc: documentIds[0] ?? '', answerable: answers.length > 0, answers }),
    ),
  );
  const outdated = examples.length - rows.length;
  return { folder, questions: rows.length, documents: documents.length, unreadable, outdated };
}

/** Every readable document of the collections that were quoted from, by id. */
async function corpusOf(api: ApiClient, examples: readonly Example[]): Promise<Map<string, DocumentContent>> {
  const quoted = new Set(examples.flatMap(({ quotes }) => quotes.map(({ documentId }) => documentId)));
  const { documents } = await api.call('documents?limit=2000', Documents);
  const collections = new Set(documents.filter(({ id }) => quoted.has(id)).map((row) => row.collection));
  const wanted = documents.filter(
    ({ collection, stage }) => collections.has(collection) && stage === 'ready',
  );
  const read = await inParallel(wanted, WIDTH, ({ id }) =>
    api.call(`documents/${id}/content`, DocumentContent),
  );
  return new Map(read.map((content) => [content.id, content]));
}

// A quote of a version that has changed since is no answer that the corpus holds.
function answerable(
  { answerId, question, outcome, quotes }: Example,
  corpus: ReadonlyMap<string, DocumentContent>,
): { answerId: string; question: string; documentIds: string[]; answers: string[] }[] {
  const held = quotes.filter(({ documentId, text }) => corpus.get(documentId)?.text.includes(text));
  if (outcome === 'answered' && held.length === 0) return [];
  const documentIds = [...new Set(held.map(({ documentId }) => documentId))];
  return [{ answerId, question, documentIds, answers: [...new Set(held.map(({ text }) => text))] }];
}

const json = (value: unknown): string => JSON.stringify(value);
const writeLines = (path: string, lines: readonly string[]): void =>
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''), OWN);
