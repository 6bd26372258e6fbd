import { z } from 'zod';

const Title = z.string().trim().min(1).max(200);

/** What a person thinks of an answer of theirs. `shared` lets an administrator see the question and the reason. */
export const Feedback = z.object({
  useful: z.boolean(),
  reason: z.string().trim().min(1).max(1000).nullable().default(null),
  shared: z.boolean().default(false),
});
export type Feedback = z.infer<typeof Feedback>;

/** Counts of everything that people said of answers; words only of those who share them. */
export const FeedbackReport = z.object({
  figures: z.object({ useful: z.number(), notUseful: z.number(), unrated: z.number() }),
  shared: z.array(
    z.object({
      answerId: z.string(),
      question: z.string(),
      useful: z.boolean(),
      reason: z.string().nullable(),
      outcome: z.enum(['answered', 'abstained']),
      /** The documents quoted, as far as the administrator may read them. */
      documentIds: z.array(z.string()),
    }),
  ),
});
export type FeedbackReport = z.infer<typeof FeedbackReport>;

export const NewConversation = z.object({ title: Title.optional() });
export const ConversationChange = z.object({ title: Title });

/** A conversation of one's own. The title is one's own words: given, or the first question. */
export const Conversation = z.object({
  conversationId: z.string(),
  title: z.string().nullable(),
  turns: z.number(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Conversation = z.infer<typeof Conversation>;
export const Conversations = z.object({ conversations: z.array(Conversation) });
export const ErasedConversation = z.object({ erasedAnswers: z.number() });

/** What the deletion of an answer removed, with its leaf on the ledger; `receipts/LEAF` checks it later. */
export const AnswerReceipt = z.object({
  answer: z.string(),
  deletedAt: z.string(),
  leafId: z.string(),
  removed: z.record(z.string(), z.number()),
});
export type AnswerReceipt = z.infer<typeof AnswerReceipt>;

/** Questions whose answer was useful to somebody who shares them, with the quotes that the reader of this may read. */
export const FeedbackExamples = z.object({
  examples: z.array(
    z.object({
      answerId: z.string(),
      question: z.string(),
      outcome: z.enum(['answered', 'abstained']),
      quotes: z.array(z.object({ documentId: z.string(), text: z.string() })),
    }),
  ),
  /** Answered ones that are left out, because the reader may read none of what they quote any more. */
  unreadable: z.number(),
});
export type FeedbackExamples = z.infer<typeof FeedbackExamples>;

export const Suggestions = z.object({ suggestions: z.array(z.string()) });
