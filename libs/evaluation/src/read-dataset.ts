import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { detectLanguages } from './detect-languages.js';
import { type Line, readJsonl, readLines, refuse } from './read-jsonl.js';
import type { Judgements } from './score-run.js';

const Id = z.string().min(1);
const CorpusDocument = z.object({ _id: Id, title: z.string().default(''), text: z.string() });
const Query = z.object({ _id: Id, text: z.string().trim().min(1), language: z.string().optional() });
const AnswerLine = z
  .object({
    _id: Id,
    doc: z.string().default(''),
    answerable: z.boolean().default(true),
    answers: z.array(z.string().trim().min(1)).default([]),
  })
  .refine(
    (row) => !row.answerable || row.answers.length > 0,
    'is of an answerable question, so it needs an answer',
  );

export type CorpusDocument = z.infer<typeof CorpusDocument>;

/** A question with the document that answers it (`doc` may be empty where nothing does) and accepted answers. */
export interface AnswerQuestion extends z.infer<typeof AnswerLine> {
  readonly question: string;
  /** As queries.jsonl says it, else as its words tell it; `und` where neither does. */
  readonly language: string;
}

/** Documents, and the queries that have judgements. */
export interface RetrievalSet {
  readonly name: string;
  readonly corpus: readonly CorpusDocument[];
  readonly queries: ReadonlyMap<string, string>;
  /** Of each query: as queries.jsonl says it, else as its words tell it; `und` where neither does. */
  readonly languages: ReadonlyMap<string, string>;
  readonly judgements: Judgements;
}

/** Documents, and questions with their answers. */
export interface AnswerSet {
  readonly name: string;
  readonly corpus: readonly CorpusDocument[];
  readonly questions: readonly AnswerQuestion[];
}

/**
 * Reads `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv` (or the only file in `qrels`). Throws
 * `request.invalid` that names the file and the line of the first mistake.
 */
export function readRetrievalSet(folder: string): RetrievalSet {
  const { corpus, queries } = readBasics(folder);
  const judgements = new Map<string, Map<string, number>>();
  for (const { value, place } of readLines(join(folder, 'qrels'), qrelsFile(folder))) {
    if (value.startsWith('query-id')) continue;
    const { query, document, relevance } = readJudgement(value, place);
    if (!queries.has(query)) refuse(place, `queries.jsonl holds no query ${JSON.stringify(query)}`);
    const judged = judgements.get(query) ?? new Map<string, number>();
    judgements.set(query, judged.set(document, relevance));
  }
  if (judgements.size === 0) refuse(join(folder, 'qrels'), 'no query has a judgement');
  const languages = languagesOf(queries);
  return { name: nameOf(folder), corpus, queries: textsOf(queries, judgements), languages, judgements };
}

/** Reads `corpus.jsonl`, `queries.jsonl` and `answers.jsonl`. Throws as `readRetrievalSet`. */
export function readAnswerSet(folder: string): AnswerSet {
  const { corpus, queries } = readBasics(folder);
  const known = new Set(corpus.map((document) => document._id));
  const languages = languagesOf(queries);
  const lines = [...readJsonl(folder, 'answers.jsonl', AnswerLine).values()];
  const questions = lines.map(({ value, place }) => {
    const query = queries.get(value._id)?.value;
    if (query === undefined) refuse(place, `queries.jsonl holds no query ${JSON.stringify(value._id)}`);
    const missing = value.doc === '' ? value.answerable : !known.has(value.doc);
    if (missing) refuse(place, `corpus.jsonl holds no document ${JSON.stringify(value.doc)}`);
    return { ...value, question: query.text, language: languages.get(value._id) ?? 'und' };
  });
  return { name: nameOf(folder), corpus, questions };
}

// As queries.jsonl says them; what it does not say is detected.
function languagesOf(queries: ReadonlyMap<string, Line<z.infer<typeof Query>>>): Map<string, string> {
  const unsaid = [...queries].filter(([, { value }]) => value.language === undefined);
  const detected = detectLanguages(unsaid.map(([, { value }]) => value.text));
  const said = [...queries].map(([id, { value }]) => [id, value.language ?? 'und'] as const);
  return new Map([...said, ...unsaid.map(([id], index) => [id, detected[index] ?? 'und'] as const)]);
}

function readBasics(folder: string) {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) refuse(folder, 'there is no such folder');
  const corpus = [...readJsonl(folder, 'corpus.jsonl', CorpusDocument).values()].map(({ value }) => value);
  return { corpus, queries: readJsonl(folder, 'queries.jsonl', Query) };
}

function qrelsFile(folder: string): string {
  const path = join(folder, 'qrels');
  if (!existsSync(path)) refuse(path, 'there is no such folder. It holds the judgements as test.tsv.');
  const files = readdirSync(path).filter((name) => name.endsWith('.tsv'));
  const only = files.length === 1 ? files[0] : undefined;
  const chosen = files.includes('test.tsv') ? 'test.tsv' : only;
  return chosen ?? refuse(path, `it needs a test.tsv; it holds ${files.join(', ') || 'no .tsv file'}`);
}

function readJudgement(line: string, place: string) {
  const [query = '', document = '', score = '', ...rest] = line.split('\t');
  if (query === '' || document === '' || rest.length > 0 || !/^-?\d+$/.test(score.trim())) {
    refuse(place, 'a judgement is query-id, corpus-id and an integer score, with tabs between');
  }
  return { query, document, relevance: Number(score) };
}

function textsOf(queries: ReadonlyMap<string, Line<{ text: string }>>, judged: Judgements) {
  return new Map([...judged.keys()].map((id) => [id, queries.get(id)?.value.text ?? '']));
}

const nameOf = (folder: string): string => basename(resolve(folder));
