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

export const Suggestions = z.object({ suggestions: z.array(z.string()) });
