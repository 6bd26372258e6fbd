import { createRequire } from 'node:module';

const require = createRequire(new URL('../../libs/retrieval/package.json', import.meta.url));
const stemmer = require('snowball-stemmers').newStemmer('english');
const K1 = 1.2;
const B = 0.75;

/**
 * Textbook BM25 over whole documents (title and text), English stems, no stop words: what the product's
 * search is held against. It shares no code with it.
 */
export function plainBm25(corpus) {
  const documents = corpus.map(({ _id, title, text }) => ({ id: _id, ...frequencies(`${title} ${text}`) }));
  const average = documents.reduce((sum, { length }) => sum + length, 0) / documents.length;
  const holders = new Map();
  for (const { counts } of documents) {
    for (const term of counts.keys()) holders.set(term, (holders.get(term) ?? 0) + 1);
  }
  const idf = (term) =>
    Math.log(1 + (documents.length - holders.get(term) + 0.5) / (holders.get(term) + 0.5));
  const weight = (count, length) => (count * (K1 + 1)) / (count + K1 * (1 - B + (B * length) / average));
  return (query, limit) => {
    const terms = [...frequencies(query).counts.keys()].filter((term) => holders.has(term));
    const scored = documents.map(({ id, counts, length }) => {
      const found = terms.filter((term) => counts.has(term));
      return [id, found.reduce((sum, term) => sum + idf(term) * weight(counts.get(term), length), 0)];
    });
    const matching = scored.filter(([, score]) => score > 0).sort((a, b) => b[1] - a[1]);
    return new Map(matching.slice(0, limit));
  };
}

function frequencies(text) {
  const counts = new Map();
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  for (const word of words) {
    const term = stemmer.stem(word);
    counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  return { counts, length: words.length };
}
