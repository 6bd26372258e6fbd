import { type Reading, partsOf } from './reading.js';
import { type Antecedent, resolveFollowUp } from './resolve-follow-up.js';

interface Weighed {
  readonly quotes: readonly unknown[];
  readonly record: { readonly confidence: number };
}

/**
 * Makes an answer in every way that its question may be meant after `before`, and keeps the likeliest that is answered, or
 * the surest. A question that stands by itself is made once and as it is.
 */
export async function makeInContext<Made extends Weighed>(
  question: string,
  before: Antecedent | undefined,
  make: (question: string) => Promise<Made>,
): Promise<Made & { reading: Reading }> {
  const { readings, sure } = readingsOf(question, before);
  let best: (Made & { reading: Reading }) | undefined;
  for (const reading of readings) {
    const made = { ...(await make(reading.text)), reading };
    if (best === undefined || weigh(made) > weigh(best)) best = made;
    // A likelier reading that is answered needs no other.
    if (sure && made.quotes.length > 0) break;
  }
  return best as Made & { reading: Reading };
}

const weigh = ({ quotes, record }: Weighed): number => (quotes.length > 0 ? record.confidence : -1);

function readingsOf(
  question: string,
  before: Antecedent | undefined,
): { readings: Reading[]; sure: boolean } {
  const alone = { text: question, parts: null };
  const followUp = before && resolveFollowUp(question, before);
  if (!followUp) return { readings: [alone], sure: true };
  const meant = followUp.texts.map((text) => ({ text, parts: partsOf(text, before.borrowed) }));
  return { readings: followUp.sure ? meant : [alone, ...meant], sure: followUp.sure };
}
