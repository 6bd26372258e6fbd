import type { AskRequest } from '@belay/contracts';
import type { Database } from '@belay/database';
import type { SignedIn } from '@belay/identity';
import { analyzeText, findFunctionWords, type Passage, type RetrievalService } from '@belay/retrieval';
import { notQuoted } from './about/not-quoted.js';
import type { StoredCandidate, StoredQuote, StoredRecord } from './answer.repository.js';
import { MOST_WHERE_UNNAMED } from './compose-answer.js';
import { thresholdOf } from './calibration.service.js';
import { type Ranker, rankerOf, refusingBelow } from './rankers.js';
import type { Demands } from './conversations/in-context.js';
import type { Reader } from './reading/read-closely.js';
import { type Draft, draftAnswer, type DraftSentence, type Search } from './several/draft-answer.js';
import { quoteOf, type VerifiedQuote, verifyQuotes } from './verify-sentences.js';

/** What reads sentences, and what it is called on records: "id@digest". */
export type ReadingModel = Reader & { readonly name: string };

/** Called as an answer is made; it carries no content before the answer is on the ledger. */
export type Progress = (stage: 'searching' | 'reading' | 'verifying') => Promise<void> | void;

/** An answer before it is stored: its verified quotes, and what it was made from and by. */
export interface Made {
  readonly strategy: string;
  readonly quotes: readonly VerifiedQuote[];
  readonly record: StoredRecord;
}

const asReader = (actor: SignedIn) =>
  ({ role: 'reader', tenant: actor.tenant, person: actor.person }) as const;

/** Makes answers and stores nothing. */
export class AnswerMaker {
  constructor(
    private readonly database: Database,
    private readonly retrieval: RetrievalService,
    private readonly reader: ReadingModel,
  ) {}

  /** Searches, chooses and verifies: everything that an answer is, before anything of it is stored. */
  async make(
    actor: SignedIn,
    request: AskRequest,
    { progress, demands }: { progress?: Progress | undefined; demands: Demands },
  ): Promise<Made> {
    await progress?.('searching');
    const { sentences, collection } = request;
    const { draft, ranker } = await this.draft(actor, request, progress);
    await progress?.('verifying');
    const { strategy, outcome } = draft;
    const drafted = demands.isEmpty ? [] : thatHold(demands, draft.sentences);
    // Of what does not speak of what is asked for, nothing is an answer, however close it is.
    const isRefused = drafted.length === 0 && draft.sentences.length > 0;
    const quotes = await this.verify(actor, drafted.map(quoteOf));
    const citations = quotes.map(({ citation }) => citation);
    const { values, times } = notQuoted(request.question, citations);
    const most = values.length + times.length > 0 ? MOST_WHERE_UNNAMED : 1;
    const confidence = isRefused ? 0 : Math.min(draft.confidence, most);
    const record = {
      ...{
        models: { ...outcome.models, reading: this.reader.name },
        ranker: ranker.digest,
        ...outcome.basis,
      },
      ...{ confidence, threshold: draft.threshold },
      request: { sentences, ...(collection !== undefined && { collection }) },
      candidates: outcome.passages.map(candidateOf),
      unnamed: draft.unnamed ?? [],
    };
    return { strategy, quotes, record };
  }

  // An answer comes of one index: where another model becomes the active one between two searches, or between the
  // choice of its ranker and the first, it begins again.
  private async draft(
    actor: SignedIn,
    request: AskRequest,
    progress?: Progress,
  ): Promise<{ draft: Draft; ranker: Ranker }> {
    const { collection } = request;
    const within = { collection, route: 'hybrid', copies: 'collapse', sentences: true } as const;
    for (;;) {
      const modelId = await this.retrieval.modelInUse(actor.tenant);
      const used = new Set([modelId]);
      const ranker = await this.rankerFor(actor, collection, modelId);
      const search = async (searched: Parameters<Search>[0]): ReturnType<Search> => {
        const outcome = await this.retrieval.searchOutcome(actor, { ...searched, ...within });
        used.add(outcome.models['embedding']?.split('@')[0] ?? '');
        await progress?.('reading');
        return outcome;
      };
      const draft = await draftAnswer(search, request, { ranker, reader: this.reader });
      if (used.size === 1) return { draft, ranker };
    }
  }

  /** The ranker of a model, with the threshold of the collection where that has one. */
  private async rankerFor(actor: SignedIn, collection: string | undefined, modelId: string): Promise<Ranker> {
    const ranker = rankerOf(modelId);
    if (collection === undefined) return ranker;
    const threshold = await this.database.transaction(asReader(actor), (tx) =>
      thresholdOf(tx, collection, modelId),
    );
    return threshold === undefined ? ranker : refusingBelow(threshold, ranker);
  }

  /** Reads quotes again under the person's rights; what may not be read, or differs, is left out. */
  verify(actor: SignedIn, quotes: readonly StoredQuote[]): Promise<VerifiedQuote[]> {
    return this.database.transaction(asReader(actor), (tx) => verifyQuotes(tx, quotes));
  }
}

// Where the best sentence does not, the others are no answer either.
function thatHold(
  { names, subject }: Demands,
  sentences: readonly DraftSentence[],
): readonly DraftSentence[] {
  const joining = findFunctionWords(subject).terms;
  const holds = ({ passage: { title, heading, text, language } }: DraftSentence): boolean => {
    const { terms } = analyzeText([title, ...heading, text].join('\n'), language);
    const termsIn = (words: string): string[] => [...analyzeText(words, language).terms.keys()];
    const about = termsIn(subject).filter((term) => !joining.has(term));
    return (
      names.every((name) => termsIn(name).every((term) => terms.has(term))) &&
      (about.length === 0 || about.some((term) => terms.has(term)))
    );
  };
  if (names.length === 0 && subject === '') return sentences;
  return sentences[0] !== undefined && holds(sentences[0]) ? sentences : [];
}

const candidateOf = (passage: Passage): StoredCandidate => {
  const { documentId, versionId, start, end, cosine, bm25, score } = passage;
  return { documentId, versionId, start, end, cosine, bm25, score };
};
