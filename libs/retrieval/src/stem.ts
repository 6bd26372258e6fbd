import snowball from 'snowball-stemmers';

const ALGORITHMS: Readonly<Record<string, string>> = {
  ar: 'arabic',
  ca: 'catalan',
  cs: 'czech',
  da: 'danish',
  de: 'german',
  en: 'english',
  es: 'spanish',
  eu: 'basque',
  fi: 'finnish',
  fr: 'french',
  ga: 'irish',
  hu: 'hungarian',
  hy: 'armenian',
  it: 'italian',
  nb: 'norwegian',
  nl: 'dutch',
  nn: 'norwegian',
  no: 'norwegian',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sl: 'slovene',
  sv: 'swedish',
  ta: 'tamil',
  tr: 'turkish',
};
const CACHED_WORDS = 20_000;

interface LanguageStemmer {
  readonly stem: (word: string) => string;
  readonly cache: Map<string, string>;
}
const stemmers = new Map<string, LanguageStemmer | null>();

function stemmerOf(language: string): LanguageStemmer | null {
  const known = stemmers.get(language);
  if (known !== undefined) return known;
  const code = language.toLowerCase().split(/[-_]/)[0] ?? '';
  const algorithm = Object.hasOwn(ALGORITHMS, code) ? ALGORITHMS[code] : undefined;
  if (algorithm === undefined) return null;
  const stemmer = snowball.newStemmer(algorithm);
  const made = { stem: (word: string) => stemmer.stem(word), cache: new Map<string, string>() };
  stemmers.set(language, made);
  return made;
}

/** The stem of a lower-cased word in a language given by its ISO 639-1 code; the word itself where none is known. */
export function stemWord(word: string, language: string): string {
  const stemmer = stemmerOf(language);
  if (stemmer === null) return word;
  const cached = stemmer.cache.get(word);
  if (cached !== undefined) return cached;
  const stem = stemmer.stem(word) || word;
  if (stemmer.cache.size >= CACHED_WORDS) stemmer.cache.clear();
  stemmer.cache.set(word, stem);
  return stem;
}
