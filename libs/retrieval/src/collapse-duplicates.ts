const SHINGLE = 4;
// Broder's resemblance above which two passages are copies of one text.
const SAME = 0.8;

interface Comparable {
  readonly documentId: string;
  readonly text: string;
}

/** A passage with the documents, further down the list, that hold nearly the same text. */
export type WithDuplicates<T> = T & { readonly duplicates: readonly T[] };

/**
 * Keeps of near-identical passages of different documents the first, with the others as its duplicates. Resemblance is
 * the Jaccard coefficient of word 4-grams (Broder 1997); texts whose figures differ are versions, not copies. It runs on what one reader was given, after filtering, so that
 * a copy they may not read neither hides nor reveals anything.
 */
export function collapseDuplicates<T extends Comparable>(passages: readonly T[]): WithDuplicates<T>[] {
  const kept: (Fingerprint & { passage: T; duplicates: T[] })[] = [];
  for (const passage of passages) {
    const fingerprint = fingerprintOf(passage.text);
    const original = kept.find(
      (other) => other.passage.documentId !== passage.documentId && isCopy(other, fingerprint),
    );
    if (original === undefined) kept.push({ ...fingerprint, passage, duplicates: [] });
    else if (!original.duplicates.some(({ documentId }) => documentId === passage.documentId)) {
      original.duplicates.push(passage);
    }
  }
  return kept.map(({ passage, duplicates }) => ({ ...passage, duplicates }));
}

interface Fingerprint {
  readonly figures: string;
  readonly shingles: () => ReadonlySet<string>;
}

// Most passages differ in their figures already.
function fingerprintOf(text: string): Fingerprint {
  let shingles: ReadonlySet<string> | undefined;
  const figures = (text.match(/\p{N}+/gu) ?? []).join();
  return { figures, shingles: () => (shingles ??= shinglesOf(text)) };
}

const isCopy = (a: Fingerprint, b: Fingerprint): boolean =>
  a.figures === b.figures && resemblance(a.shingles(), b.shingles()) >= SAME;

function shinglesOf(text: string): Set<string> {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  if (words.length < SHINGLE) return new Set([words.join(' ')]);
  return new Set(words.slice(SHINGLE - 1).map((_, index) => words.slice(index, index + SHINGLE).join(' ')));
}

function resemblance(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  // The sizes alone bound it from above.
  if (small.size === 0 || small.size < SAME * large.size) return 0;
  let shared = 0;
  for (const shingle of small) shared += Number(large.has(shingle));
  return shared / (small.size + large.size - shared);
}
