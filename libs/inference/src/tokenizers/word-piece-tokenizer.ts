import { DomainError } from '@belay/errors';

const MAX_WORD = 100;
const CJK =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B820}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/u;
const PUNCTUATION = /[!-/:-@[-`{-~]|\p{P}/u;
const DROPPED = /[\0\uFFFD]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Cn}\p{Co}]/u;
const SPACE = /[\t\n\r]|\p{Z}/u;

/** BERT's uncased WordPiece (Devlin et al. 2018): clean, split at CJK and punctuation, longest match first. */
export class WordPieceTokenizer {
  private readonly ids = new Map<string, number>();
  private readonly unknown: number;
  private readonly before: readonly number[];
  private readonly after: readonly number[];

  /** One token a line; with `specialTokens` every text begins with [CLS] and ends with [SEP]. */
  constructor(
    vocabulary: string,
    private readonly options: { lowercase: boolean; stripAccents: boolean; specialTokens?: boolean },
  ) {
    vocabulary
      .replace(/\r?\n$/, '')
      .split(/\r?\n/)
      .forEach((token, id) => this.ids.set(token, id));
    this.unknown = this.ids.get('[UNK]') ?? 0;
    this.before = options.specialTokens ? [this.special('[CLS]')] : [];
    this.after = options.specialTokens ? [this.special('[SEP]')] : [];
  }

  /** Token ids of `text`, at most `limit`. */
  encode(text: string, limit = Number.POSITIVE_INFINITY): number[] {
    const out = [...this.before];
    const most = limit - this.after.length;
    for (const word of this.words(text)) {
      if (out.length >= most) break;
      out.push(...this.pieces(word));
    }
    out.length = Math.min(out.length, most);
    return [...out, ...this.after];
  }

  private special(token: string): number {
    const id = this.ids.get(token);
    if (id === undefined) throw new DomainError('inference.invalid-model', `The vocabulary has no ${token}.`);
    return id;
  }

  private words(text: string): string[] {
    const words: string[] = [];
    let current = '';
    const flush = (): void => {
      if (current) words.push(current);
      current = '';
    };
    for (const character of this.normalise(text)) {
      if (SPACE.test(character)) flush();
      else if (PUNCTUATION.test(character) || CJK.test(character)) {
        flush();
        words.push(character);
      } else current += character;
    }
    flush();
    return words;
  }

  private normalise(text: string): string {
    let out = '';
    for (const character of text) if (!DROPPED.test(character)) out += character;
    if (this.options.stripAccents) out = out.normalize('NFD').replace(/\p{Mn}/gu, '');
    // Letter by letter, as the reference does: a final sigma stays a sigma.
    return this.options.lowercase ? Array.from(out, (letter) => letter.toLowerCase()).join('') : out;
  }

  private pieces(word: string): number[] {
    const characters = [...word];
    if (characters.length > MAX_WORD) return [this.unknown];
    const out: number[] = [];
    for (let start = 0; start < characters.length;) {
      let end = characters.length;
      let id: number | undefined;
      for (; end > start && id === undefined; end -= 1) {
        const piece = (start > 0 ? '##' : '') + characters.slice(start, end).join('');
        id = this.ids.get(piece);
      }
      if (id === undefined) return [this.unknown];
      out.push(id);
      start = end + 1;
    }
    return out;
  }
}
