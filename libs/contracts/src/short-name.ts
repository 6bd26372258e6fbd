const LONGEST = 63;
// Letters that are no other letter with an accent.
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  þ: 'th',
  ı: 'i',
};
const OWN_LETTERS = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');
const FALLBACK = 'collection';

/** A short name made of a title as people write it: "Tea corner" is `tea-corner`; `tea-corner-2` where that is taken. */
export function toShortName(title: string, taken: readonly string[] = []): string {
  const base = cut(
    title
      .toLowerCase()
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .replace(OWN_LETTERS, (letter) => LETTERS[letter] ?? '')
      .replace(/[^a-z0-9._]+/g, '-')
      .replace(/^[^a-z0-9]+/, ''),
    LONGEST,
  );
  const name = base || FALLBACK;
  const used = new Set(taken);
  for (let number = 1; ; number += 1) {
    const end = number === 1 ? '' : `-${number}`;
    const made = cut(name, LONGEST - end.length) + end;
    if (!used.has(made)) return made;
  }
}

const cut = (name: string, most: number): string => name.slice(0, most).replace(/[._-]+$/, '');
