/** What happens to the characters of a text before it is cut into pieces. */
export type Normaliser =
  | { readonly type: 'none' }
  /** Each code point that is named becomes another text. */
  | { readonly type: 'replacements'; readonly replacements: Readonly<Record<string, string>> }
  /** SentencePiece's own compiled rules, in base64. */
  | { readonly type: 'charsmap'; readonly base64: string };

/** The function that a normaliser stands for. Throws on compiled rules that cannot be read. */
export function createNormaliser(normaliser: Normaliser): (text: string) => string {
  switch (normaliser.type) {
    case 'none':
      return (text) => text;
    case 'replacements': {
      const map = new Map(Object.entries(normaliser.replacements));
      return (text) => byGrapheme(text, (key) => firstOf(map, key));
    }
    case 'charsmap': {
      const rules = new CompiledRules(Buffer.from(normaliser.base64, 'base64'));
      return (text) => rules.apply(text);
    }
  }
}

const SHORT = 6;
const JOINING = /[\p{M}\p{Grapheme_Extend}\u200D]/u;
const GRAPHEMES = new Intl.Segmenter('und', { granularity: 'grapheme' });

// As in the reference, a short grapheme is looked up as a whole, then each of its characters.
function byGrapheme(text: string, find: (key: string) => string | undefined): string {
  let out = '';
  const each = (characters: string): void => {
    for (const character of characters) out += find(character) ?? character;
  };
  if (!JOINING.test(text)) each(text);
  else
    for (const { segment } of GRAPHEMES.segment(text)) {
      const whole = Buffer.byteLength(segment) < SHORT ? find(segment) : undefined;
      if (whole !== undefined) out += whole;
      else each(segment);
    }
  return out;
}

/**
 * What the compiled rules give for the shortest entry that `key` begins with, where only those of single characters
 * are known: the others are the letters that canonical composition makes of a base and its marks.
 */
function firstOf(map: ReadonlyMap<string, string>, key: string): string | undefined {
  let start = '';
  for (const character of key) {
    start += character;
    const found = start === character ? map.get(character) : composed(start);
    if (found !== undefined) return found;
  }
  return undefined;
}

function composed(sequence: string): string | undefined {
  // The two marks that stand for others are the only ones in an entry that canonical decomposition would change.
  const parts = sequence.replaceAll('\u0340', '\u0300').replaceAll('\u0341', '\u0301');
  const letter = parts.normalize('NFC');
  return parts.normalize('NFD') === parts && [...letter].length === 1 ? letter : undefined;
}

/**
 * SentencePiece's compiled normalisation: a double array of UTF-8 bytes (Yata et al. 2007) whose values are places in a
 * list of texts.
 */
class CompiledRules {
  private readonly units: Uint32Array;
  private readonly texts: Buffer;

  constructor(bytes: Buffer) {
    const length = bytes.length >= 4 ? bytes.readUInt32LE(0) : -1;
    if (length < 4 || length % 4 !== 0 || length + 4 > bytes.length)
      throw new RangeError('the compiled normalisation cannot be read');
    this.units = Uint32Array.from({ length: length / 4 }, (_, index) => bytes.readUInt32LE(4 + index * 4));
    this.texts = bytes.subarray(4 + length);
  }

  apply(text: string): string {
    return byGrapheme(text, (key) => this.find(key));
  }

  // The text of the shortest entry that `key` begins with.
  private find(key: string): string | undefined {
    let node = offsetOf(this.units[0] ?? 0);
    for (const byte of Buffer.from(key, 'utf8')) {
      if (byte === 0) return undefined;
      node ^= byte;
      const unit = this.units[node] ?? 0;
      if ((unit & 0x800000ff) >>> 0 !== byte) return undefined;
      node ^= offsetOf(unit);
      if ((unit >>> 8) & 1) return this.textAt((this.units[node] ?? 0) & 0x7fffffff);
    }
    return undefined;
  }

  private textAt(start: number): string {
    const end = this.texts.indexOf(0, start);
    return this.texts.toString('utf8', start, end < 0 ? undefined : end);
  }
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
