import { AccessView, Answer, SignedInPerson } from '@belay/contracts';
import {
  type AnswerMetrics,
  type AnswerQuestion,
  type AnswerSet,
  type AskedQuestion,
  scoreAnswers,
} from '@belay/evaluation';
import type { ApiClient } from '../http/api-client.js';
import { CitationCheck } from './citation-check.js';
import type { TrialCollection } from './trial-collection.js';

export interface AnswersResult {
  readonly metrics: AnswerMetrics;
  readonly asked: readonly AskedQuestion[];
  readonly models: Record<string, string>;
  readonly strategy: string;
}

/** Asks every question, with its document readable or hidden, and scores what is shown. */
export async function evaluateAnswers(
  api: ApiClient,
  set: AnswerSet,
  collection: TrialCollection,
  options: { readonly sentences: number; readonly hideGold: boolean },
): Promise<AnswersResult> {
  const asking = new Asking(api, collection, options.sentences);
  const asked = options.hideGold
    ? await asking.withoutGold(set.questions)
    : await collection.each(set.questions, (question) => asking.ask(question, undefined));
  return { metrics: scoreAnswers(asked), asked, models: asking.models, strategy: asking.strategy };
}

class Asking {
  models: Record<string, string> = {};
  strategy = '';
  private readonly citations: CitationCheck;

  constructor(
    private readonly api: ApiClient,
    private readonly collection: TrialCollection,
    private readonly sentences: number,
  ) {
    this.citations = new CitationCheck(api);
  }

  async ask(question: AnswerQuestion, hidden: string | undefined): Promise<AskedQuestion> {
    const body = { question: question.question, sentences: this.sentences, collection: this.collection.name };
    const answer = await this.api.call('answers', Answer, { method: 'POST', body });
    ({ models: this.models, strategy: this.strategy } = answer);
    const verdicts: boolean[] = [];
    for (const sentence of answer.sentences) {
      for (const citation of sentence.citations) {
        const holds = citation.documentId !== hidden && (await this.citations.holds(citation, sentence.text));
        verdicts.push(holds);
      }
    }
    return {
      // With its document out of sight, whatever is shown cannot be right.
      answerable: question.answerable && hidden === undefined,
      answers: question.answers,
      // A contradiction shown beside the answer is not one of the sentences that were asked for.
      sentences: answer.sentences.filter(({ role }) => role === 'answer').map(({ text }) => text),
      citations: verdicts.length,
      validCitations: verdicts.filter(Boolean).length,
      confidence: answer.confidence,
      language: question.language,
    };
  }

  /**
   * Asks each question while its own document is denied to the asker, who owns the collection and so may
   * take the deny back. Questions about one document share its deny.
   */
  async withoutGold(questions: readonly AnswerQuestion[]): Promise<AskedQuestion[]> {
    const { name } = await this.api.call('session', SignedInPerson);
    const asked: AskedQuestion[] = [];
    for (const [doc, about] of byDocument(questions)) {
      const hidden = this.collection.documentId(doc);
      const deny = { principal: `person:${name}`, on: hidden, effect: 'deny' };
      if (hidden) await this.api.call('grants', AccessView, { method: 'POST', body: deny });
      asked.push(...(await this.collection.each(about, (question) => this.ask(question, hidden ?? ''))));
      if (hidden) await this.api.call('grants/revoke', AccessView, { method: 'POST', body: deny });
    }
    return asked;
  }
}

function byDocument(questions: readonly AnswerQuestion[]): Map<string, AnswerQuestion[]> {
  const groups = new Map<string, AnswerQuestion[]>();
  for (const question of questions) groups.set(question.doc, [...(groups.get(question.doc) ?? []), question]);
  return groups;
}
