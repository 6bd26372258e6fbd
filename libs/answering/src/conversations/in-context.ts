import { type Reading, partsOf } from './reading.js';
import type { Antecedent } from './follow-up.js';
import { continuedWith, isContinuation, resolveFollowUp } from './resolve-follow-up.js';
import { ASKING, namesIn } from './wording.js';

interface Weighed {
  readonly quotes: readonly unknown[];
  readonly record: { readonly confidence: number };
}

/** What an answer to a reading must hold besides. */
export interface Demands {
  /** Names that the follow-up brings in: a passage on the former place is no answer to "And in Porto?". */
  readonly names: readonly string[];
  /** What it goes on with, one word of which at least must be there: days of vacation do not answer for sick leave. */
  readonly subject: string;
  /** The question says nothing by itself, so that nothing answers it. */
  readonly isEmpty: boolean;
}

/**
 * Makes an answer in every way that its question may be meant after `before`, and keeps the likeliest that is answered, or
 * the surest. A question that stands by itself is made once and as it is.
 */
export async function makeInContext<Made extends Weighed>(
  question: string,
  before: Antecedent | undefined,
  make: (question: string, demands: Demands) => Promise<Made>,
): Promise<Made & { reading: Reading }> {
  const { readings, sure } = readingsOf(question, before);
  let best: (Made & { reading: Reading }) | undefined;
  for (const reading of readings) {
    const made = { ...(await make(reading.text, demandsOf(question, reading, before))), reading };
    if (best === undefined || weigh(made) > weigh(best)) best = made;
    // A likelier reading that is answered needs no other.
    if (sure && made.quotes.length > 0) break;
  }
  return best as Made & { reading: Reading };
}

function demandsOf(question: string, { parts }: Reading, before: Antecedent | undefined): Demands {
  const isEmpty = before === undefined && isContinuation(question);
  if (parts === null) return { names: [], subject: '', isEmpty };
  const subject = continuedWith(question)?.replace(ASKING, '') ?? '';
  return { names: namesIn(question).map(({ text }) => text), subject, isEmpty: false };
}

const weigh = ({ quotes, record }: Weighed): number => (quotes.length > 0 ? record.confidence : -1);

function readingsOf(
  question: string,
  before: Antecedent | undefined,
): { readings: Reading[]; sure: boolean } {
  const alone = { text: question, parts: null };
  const followUp = before && resolveFollowUp(question, before);
  if (!followUp) return { readings: [alone], sure: true };
  const meant = followUp.texts.map((text) => ({ text, parts: partsOf(text, before.borrowed, question) }));
  return { readings: followUp.sure ? meant : [alone, ...meant], sure: followUp.sure };
}
