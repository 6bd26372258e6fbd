/** SQuAD's normalisation: lower case, no ASCII punctuation, no English articles, single spaces. */
export function normalise(text: string): string {
  return text
    .toLowerCase()
    .replace(/[!-/:-@[-`{-~]/g, '')
    .replace(/\b(a|an|the)\b/g, ' ')
    .split(/\s+/)
    .filter(Boolean)
    .join(' ');
}

/** SQuAD's F1 of the words of two texts; 1 when both have none. */
export function tokenF1(given: string, expected: string): number {
  const a = normalise(given).split(' ').filter(Boolean);
  const b = normalise(expected).split(' ').filter(Boolean);
  if (a.length === 0 || b.length === 0) return Number(a.length === b.length);
  const left = new Map<string, number>();
  for (const word of b) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of a) {
    const count = left.get(word) ?? 0;
    if (count > 0) shared += 1;
    left.set(word, count - 1);
  }
  return (2 * shared) / (a.length + b.length);
}

/** Whether a text holds one of the answers, letter case and spacing aside. */
export function containsAnswer(text: string, answers: readonly string[]): boolean {
  const plain = flatten(text);
  return answers.some((answer) => plain.includes(flatten(answer)));
}

const flatten = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
