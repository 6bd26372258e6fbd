import { createNormaliser, type Normaliser } from './normaliser.js';
import { PieceTrie } from './piece-trie.js';

/** A Unigram vocabulary (SentencePiece; Kudo 2018) with what happens to text before it is cut. */
export interface UnigramVocabulary {
  readonly pieces: readonly (readonly [piece: string, score: number])[];
  readonly unknown: number;
  readonly begin: number;
  readonly end: number;
  /** Pieces that only the model itself places: typed into a text they stay text. */
  readonly special: readonly number[];
  /** Whether words are separated at white space first (so that it is dropped at the end of a text). */
  readonly splitAtSpaces: boolean;
  readonly normaliser: Normaliser;
}

const SPACE_MARK = '▁';
const UNKNOWN_PENALTY = 10;
const UNKNOWN = -1;
const LONE_SURROGATE = /[\uD800-\uDFFF]/gu;

/** Cuts text into the pieces of a Unigram vocabulary whose scores sum up highest (Viterbi). */
export class UnigramTokenizer {
  private readonly trie: PieceTrie;
  private readonly scores: Float64Array;
  private readonly unknownScore: number;
  private readonly normalise: (text: string) => string;

  constructor(private readonly vocabulary: UnigramVocabulary) {
    const { pieces, special } = vocabulary;
    this.scores = Float64Array.from(pieces, ([, score]) => score);
    this.unknownScore =
      this.scores.reduce((least, score) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY;
    const kept = new Set([...special, vocabulary.unknown]);
    this.trie = new PieceTrie(pieces.map(([piece], id) => (kept.has(id) ? '' : piece)));
    this.normalise = createNormaliser(vocabulary.normaliser);
  }

  /** Token ids of `text`, begin and end included, at most `limit` of them. */
  encode(text: string, limit = Number.POSITIVE_INFINITY): number[] {
    const ids = [this.vocabulary.begin];
    for (const word of this.words(text)) {
      this.cut(word, ids);
      if (ids.length >= limit) break;
    }
    ids.length = Math.min(ids.length, limit - 1);
    ids.push(this.vocabulary.end);
    return ids;
  }

  // A piece never holds a space mark but at its start, so that words can be cut one by one.
  private words(text: string): string[] {
    const clean = this.normalise(text.replace(LONE_SURROGATE, '\uFFFD')).replace(/ {2,}/g, ' ');
    if (this.vocabulary.splitAtSpaces)
      return clean
        .split(/\p{White_Space}+/u)
        .filter(Boolean)
        .map((word) => SPACE_MARK + word);
    if (clean === '') return [];
    const marked = (clean.startsWith(' ') ? clean : ` ${clean}`).replaceAll(' ', SPACE_MARK);
    return marked.split(new RegExp(`(?=${SPACE_MARK})`, 'u'));
  }

  private cut(word: string, out: number[]): void {
    const size = word.length;
    const best = new Float64Array(size + 1).fill(-Infinity);
    const piece = new Int32Array(size + 1);
    const from = new Int32Array(size + 1);
    best[0] = 0;
    const offer = (start: number, end: number, id: number, score: number): void => {
      const total = (best[start] as number) + score;
      if (total <= (best[end] as number)) return;
      best[end] = total;
      piece[end] = id;
      from[end] = start;
    };
    for (let start = 0; start < size; start += 1) {
      if (best[start] === -Infinity) continue;
      const next = start + ((word.codePointAt(start) as number) > 0xffff ? 2 : 1);
      let single = false;
      this.trie.prefixes(word, start, (end, id) => {
        single ||= end === next;
        offer(start, end, id, this.scores[id] as number);
      });
      if (!single) offer(start, next, UNKNOWN, this.unknownScore);
    }
    this.collect(size, piece, from, out);
  }

  // Neighbouring unknown characters are one unknown piece.
  private collect(size: number, piece: Int32Array, from: Int32Array, out: number[]): void {
    const ids: number[] = [];
    for (let end = size, last = 0; end > 0; end = from[end] as number) {
      const id = piece[end] as number;
      if (id !== UNKNOWN || last !== UNKNOWN) ids.push(id === UNKNOWN ? this.vocabulary.unknown : id);
      last = id;
    }
    for (let index = ids.length - 1; index >= 0; index -= 1) out.push(ids[index] as number);
  }
}
