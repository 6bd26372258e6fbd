import { type Answer, type AnswerEvent, Conversation } from '@belay/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useLocation } from 'react-router';
import { ask, call } from '../api';

type Stage = Extract<AnswerEvent, { event: 'stage' }>['data']['stage'];

/** A question on its way: its stage, and the sentences that have come so far. */
export interface Pending {
  readonly question: string;
  readonly stage: Stage;
  readonly sentences: Answer['sentences'];
}

const next = (pending: Pending, event: AnswerEvent): Pending => {
  if (event.event === 'stage') return { ...pending, stage: event.data.stage, sentences: [] };
  if (event.event === 'sentence') return { ...pending, sentences: [...pending.sentences, event.data] };
  return pending;
};

const startConversation = async (): Promise<string> =>
  (await call(Conversation, 'POST', 'conversations', {})).conversationId;

/**
 * Asks one question at a time, in a conversation or in one that begins with it, and hands on the finished answer.
 * Leaving the page, or the conversation, stops listening.
 */
export function useAsk(onAnswer: (answer: Answer) => void) {
  const queries = useQueryClient();
  const [pending, setPending] = useState<Pending>();
  const [error, setError] = useState<Error>();
  const running = useRef<AbortController>(undefined);
  const { pathname } = useLocation();
  useEffect(
    () => () => {
      running.current?.abort();
      setPending(undefined);
      setError(undefined);
    },
    [pathname],
  );

  const submit = useCallback(
    async (question: string, conversationId: string | undefined) => {
      running.current?.abort();
      const control = new AbortController();
      running.current = control;
      setError(undefined);
      setPending({ question, stage: 'searching', sentences: [] });
      const askedAt = window.location.pathname;
      const onEvent = (event: AnswerEvent) => {
        // The address changes with the click, the page some moments later.
        if (window.location.pathname !== askedAt) control.abort();
        else if (event.event === 'answer') onAnswer(event.data);
        else setPending((before) => before && next(before, event));
      };
      try {
        const conversation = conversationId ?? (await startConversation());
        await ask({ question, conversation }, onEvent, control.signal);
      } catch (failure) {
        if (!control.signal.aborted) setError(failure as Error);
      }
      if (running.current === control) setPending(undefined);
      await queries.invalidateQueries({ queryKey: ['conversations'] });
    },
    [onAnswer, queries],
  );
  return { pending, error, submit };
}
