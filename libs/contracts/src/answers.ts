import { z } from 'zod';
import { Conversation, Feedback } from './conversations.js';
import { Name } from './principals.js';
import { Facets, SearchFilter } from './search.js';

/** Searches only what the caller may read of a collection of this name; ranked as if nothing else existed. */
const InCollection = Name.optional();

/** Most characters of a question. */
export const LONGEST_QUESTION = 2000;

export const SearchRequest = z.object({
  query: z.string().trim().min(1).max(2000),
  limit: z.number().int().min(1).max(100).default(10),
  route: z.enum(['hybrid', 'vector', 'lexical']).default('hybrid'),
  collection: InCollection,
  /** What `limit` counts: passages, or documents, each with its best passage. */
  unit: z.enum(['passage', 'document']).default('passage'),
  /** Whether near-identical passages of several documents are one result that names the others. */
  copies: z.enum(['collapse', 'keep']).default('keep'),
  filter: SearchFilter.optional(),
  /** Whether to count the values that the filters could take. */
  facets: z.boolean().optional(),
  /** An embedding generation other than the active one, to compare models. Only administrators may name it. */
  generation: z.number().int().optional(),
});
export type SearchRequest = z.infer<typeof SearchRequest>;

/** One passage that the caller may read; `start` and `end` are offsets into the version's text. */
export const SearchResult = z.object({
  documentId: z.string(),
  versionId: z.string(),
  title: z.string(),
  collection: z.string(),
  path: z.string(),
  heading: z.array(z.string()),
  page: z.number().nullable(),
  start: z.number(),
  end: z.number(),
  text: z.string(),
  score: z.number(),
  /** Documents, readable too, that hold nearly the same text. */
  copies: z.array(z.object({ documentId: z.string(), title: z.string(), path: z.string() })),
  collectionId: z.string().optional(),
  mediaType: z.string().optional(),
  language: z.string().optional(),
  updatedAt: z.string().optional(),
  /** Where `text` holds words of the query: start and end within it. */
  hits: z.array(z.tuple([z.number(), z.number()])).optional(),
});
export type SearchResult = z.infer<typeof SearchResult>;
export const SearchResponse = z.object({
  results: z.array(SearchResult),
  /**
   * Words of the query that no document holds in any form which the caller may read, of the collection where one is
   * named: start and end within the query without blanks around it. Filters change nothing of it.
   */
  absent: z.array(z.tuple([z.number(), z.number()])),
  facets: Facets.optional(),
  /** What the index was made with, as on an answer's record. */
  models: z.record(z.string(), z.string()),
});
export type SearchResponse = z.infer<typeof SearchResponse>;

export const AskRequest = z.object({
  question: z.string().trim().min(1).max(LONGEST_QUESTION),
  sentences: z.number().int().min(1).max(3).default(2),
  collection: InCollection,
  /** A conversation of one's own: the question is understood after those before it. */
  conversation: z.uuid().optional(),
});
export type AskRequest = z.infer<typeof AskRequest>;

/** A byte-verified quote: SHA-256 is over the UTF-8 bytes of text[start, end) of the version. */
export const Citation = z.object({
  documentId: z.string(),
  versionId: z.string(),
  title: z.string(),
  /** The title of the collection that the document lies in, and its id. */
  collection: z.string(),
  collectionId: z.string(),
  page: z.number().nullable(),
  start: z.number(),
  end: z.number(),
  quote: z.string(),
  sha256: z.string(),
  /** When the document says it is from (ISO 8601 to the year, month or day), else the day of its upload. */
  date: z.string(),
  dateStated: z.boolean(),
  /** Whether its document has a newer version that can be searched; the quote stays one of its own version. */
  superseded: z.boolean(),
});
export type Citation = z.infer<typeof Citation>;

/** One quoted sentence. */
export const AnswerSentence = z.object({
  text: z.string(),
  citations: z.array(Citation),
  /** `conflicting`: another document that says otherwise than the first sentence. */
  role: z.enum(['answer', 'conflicting']),
  /** What it speaks of: one side of a comparison, or the document of a list. */
  subject: z.string().nullable(),
});
export type AnswerSentence = z.infer<typeof AnswerSentence>;

/** Sentences are empty exactly when the outcome is `abstained`; `erased` and `withheld` appear on reopening only. */
export const Answer = z.object({
  outcome: z.enum(['answered', 'abstained']),
  answerId: z.string(),
  question: z.string(),
  message: z.string(),
  /** How often such evidence held the answer, 0 to 1; null where it was not kept. */
  confidence: z.number().nullable(),
  sentences: z.array(AnswerSentence),
  withheld: z.number(),
  strategy: z.string(),
  models: z.record(z.string(), z.string()),
  createdAt: z.string(),
  conversationId: z.string().nullable(),
  /** The question in full where it was a follow-up. */
  understoodAs: z.string().nullable(),
  feedback: Feedback.nullable(),
});
export type Answer = z.infer<typeof Answer>;

/** Server-sent events of one answer: `accepted` first, `stage` while it is made, `sentence` for each, `answer` last. */
export const AnswerEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('accepted'), data: z.object({ answerId: z.string() }) }),
  z.object({
    event: z.literal('stage'),
    data: z.object({ stage: z.enum(['searching', 'reading', 'verifying']) }),
  }),
  z.object({
    event: z.literal('sentence'),
    data: AnswerSentence,
  }),
  z.object({ event: z.literal('answer'), data: Answer }),
  z.object({ event: z.literal('error'), data: z.object({ code: z.string(), detail: z.string() }) }),
]);
export type AnswerEvent = z.infer<typeof AnswerEvent>;
export const AcceptedQuestion = z.object({ answerId: z.string() });

/** A question on its way, or one that failed: with why. */
const UnansweredQuestion = z.object({
  answerId: z.string(),
  question: z.string(),
  createdAt: z.string(),
  error: z.object({ code: z.string(), detail: z.string() }).nullable(),
});
/** A conversation with its answers, oldest first, each authorised and verified now. */
export const ConversationThread = Conversation.extend({
  answers: z.array(Answer),
  unanswered: z.array(UnansweredQuestion),
});
export type ConversationThread = z.infer<typeof ConversationThread>;

export const AnswerSummary = z.object({
  answerId: z.string(),
  question: z.string(),
  outcome: z.enum(['answered', 'abstained']),
  createdAt: z.string(),
  conversationId: z.string().nullable(),
});
export type AnswerSummary = z.infer<typeof AnswerSummary>;

/**
 * An answer made again from index and model, without reading what was stored of it until the end. `matches` is true
 * where outcome and every quoted byte are the same; `changed` names what the answer ran on that is different now.
 */
export const Replay = z.object({
  answerId: z.string(),
  matches: z.boolean(),
  differences: z.array(z.string()),
  changed: z.array(z.enum(['models', 'ranker', 'generation', 'policy', 'statistics'])),
});
export type Replay = z.infer<typeof Replay>;

/** What an answer was made from and by. Passages that its person may no longer read are counted, not named. */
export const AnswerRecord = z.object({
  answerId: z.string(),
  person: z.string(),
  question: z.string(),
  outcome: z.enum(['answered', 'abstained']),
  createdAt: z.string(),
  strategy: z.string(),
  models: z.record(z.string(), z.string()),
  ranker: z.string(),
  generation: z.number().nullable(),
  policy: z.string(),
  statistics: z.string(),
  request: z.object({
    sentences: z.number(),
    collection: z.string().optional(),
    /** The answer that a follow-up was understood after. */
    after: z.string().optional(),
  }),
  understoodAs: z.string().nullable(),
  /** How often such evidence held the answer, 0 to 1, and what it had to reach then; null where that was not kept. */
  confidence: z.number(),
  threshold: z.number().nullable(),
  candidates: z.array(
    z.object({
      documentId: z.string(),
      versionId: z.string(),
      title: z.string(),
      /** As in a citation. */
      superseded: z.boolean(),
      start: z.number(),
      end: z.number(),
      cosine: z.number().nullable(),
      bm25: z.number(),
      score: z.number(),
      verdict: z.enum(['cited', 'not chosen', 'below the threshold']),
    }),
  ),
  withheld: z.number(),
});
export type AnswerRecord = z.infer<typeof AnswerRecord>;

/** Below which confidence a question within a collection is refused, as measured on so many questions of its own. */
export const AnswerThreshold = z.object({
  model: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  threshold: z.number().min(0).max(1),
  questions: z.number().int().min(1),
});
export type AnswerThreshold = z.infer<typeof AnswerThreshold>;

/** RFC 9457 problem details. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.string(),
});
export type Problem = z.infer<typeof Problem>;

export const AuditReport = z.object({
  ok: z.boolean(),
  leaves: z.number(),
  unsequenced: z.number(),
  root: z.string(),
  problem: z
    .object({ sequence: z.number().nullable(), leafId: z.string().nullable(), detail: z.string() })
    .nullable(),
  /** The newest signed checkpoint. */
  checkpoint: z.string().nullable().optional(),
});
export type AuditReport = z.infer<typeof AuditReport>;
