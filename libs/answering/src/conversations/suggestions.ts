import { type Database, sql, type Transaction } from '@belay/database';
import type { SignedIn } from '@belay/identity';
import { analyzeText, findFunctionWords, splitSentences } from '@belay/retrieval';

interface Source {
  readonly documentId: string;
  readonly title: string;
  readonly heading: string[];
  readonly text: string;
  readonly language: string;
}

const DOCUMENTS = 24;
// So that one collection does not fill the list.
const OF_A_COLLECTION = 4;
const CHUNKS = 3;
const SUGGESTIONS = 5;
// "The hotel limit for staff is SEK 1,450": what the sentence speaks of can be asked for; not "is secret until 1 May".
const STATES =
  /^The\s+(?<what>\p{Ll}[^.,;:()]{5,70}?)\s+(?<verb>is|are)\s+(?=(?:(?!(?:until|since|from|on|in|by|at(?! most| least))\b)\p{L}+\s+){0,4}\p{N})/u;
const ABOUT: Readonly<Record<string, (title: string, heading: string) => string>> = {
  en: (title, heading) => `What does “${title}” say about “${heading}”?`,
  de: (title, heading) => `Was steht in „${title}“ über „${heading}“?`,
  sv: (title, heading) => `Vad står det i ”${title}” om ”${heading}”?`,
  fr: (title, heading) => `Que dit « ${title} » sur « ${heading} » ?`,
  es: (title, heading) => `¿Qué dice «${title}» sobre «${heading}»?`,
};
// What has no title of its own is called by its file's name, and a file's name is nothing that people ask about.
const FILE_NAME = /\.[\p{L}\d]{1,8}$/u;
const PHRASE = /\p{L}{2}/u;

/**
 * What one may ask, made of the newest documents of each collection, as far as the person may read them at this moment:
 * of sentences that state something, else of headings. Nothing of it is kept.
 */
export async function suggestQuestions(database: Database, { tenant, person }: SignedIn): Promise<string[]> {
  const sources = await database.transaction({ role: 'reader', tenant, person }, readSources);
  const stated = questionsOf(sources, statedIn);
  const headed = questionsOf(sources, headingOf);
  // One of each document, statements first.
  const all = new Map([...headed, ...stated]);
  const order = [...stated.keys(), ...headed.keys()];
  return [...new Set(order.map((document) => all.get(document) ?? ''))].slice(0, SUGGESTIONS);
}

function questionsOf(
  sources: readonly Source[],
  ask: (source: Source) => string | undefined,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const source of sources) {
    const question = found.has(source.documentId) ? undefined : ask(source);
    if (question) found.set(source.documentId, question);
  }
  return found;
}

function statedIn({ text, language }: Source): string | undefined {
  for (const { start, end } of splitSentences(text, language)) {
    const { what, verb } = STATES.exec(text.slice(start, end))?.groups ?? {};
    if (what && !/\b(?:that|which|who)\b/.test(what)) return `What ${verb} the ${what}?`;
  }
  return undefined;
}

/** A question about the part of a document that its heading names; undefined where that names none. */
export function headingOf({ title, heading, language }: Source): string | undefined {
  const last = heading.at(-1);
  if (last === undefined || last.length > 60 || spelled(last) === spelled(title)) return undefined;
  if (!namesSomething(last, language)) return undefined;
  if ([title, last].some((name) => FILE_NAME.test(name) || !PHRASE.test(name))) return undefined;
  return (ABOUT[language] ?? ABOUT['en'])?.(title, last);
}

/** The letters and digits of a name, however it is capitalised and punctuated. */
const spelled = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]/gu, '');

// "When" and "How" are headings too, but nothing that a document says something about.
function namesSomething(heading: string, language: string): boolean {
  const joining = findFunctionWords(heading).terms;
  return [...analyzeText(heading, language).terms.keys()].some((term) => !joining.has(term));
}

function readSources(tx: Transaction): Promise<Source[]> {
  return tx.many(sql`
    with readable as materialized (select r.scope_id from readable_scopes() r),
    dated as (
      select d.document_id, d.title, d.current_version_id, d.updated_at,
        row_number() over (partition by d.collection_id order by d.updated_at desc, d.document_id) as place
      from document d where d.tenant_id = current_tenant() and d.current_version_id is not null
        and d.scope_id in (select scope_id from readable)),
    newest as (
      select * from dated where place <= ${OF_A_COLLECTION} order by place, updated_at desc, document_id
      limit ${DOCUMENTS})
    select n.document_id as "documentId", n.title, c.heading, c.body as text, c.language
    from newest n join chunk c on c.tenant_id = current_tenant() and c.document_id = n.document_id
      and c.version_id = n.current_version_id and c.ordinal < ${CHUNKS}
      and c.scope_id in (select scope_id from readable)
    order by n.place, n.updated_at desc, n.document_id, c.ordinal`);
}
