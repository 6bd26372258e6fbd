// Characters that a reader cannot see or that change the order of what he sees: controls, soft hyphen, zero-width and
// joining ones, bidirectional controls (UAX #9), variation selectors, tags (U+E0000…), fillers.
const RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x08],
  [0x0b, 0x0c],
  [0x0e, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  // Halves of a pair that stand alone.
  [0xd800, 0xdfff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
];
const escaped = (code: number): string => `\\u{${code.toString(16)}}`;
const UNSEEN = new RegExp(
  `[${RANGES.map(([first, last]) => `${escaped(first)}-${escaped(last)}`).join('')}]`,
  'gu',
);

/** Whether a text holds characters that people do not see. */
export function hasUnseen(text: string): boolean {
  return text.search(UNSEEN) >= 0;
}

/** The text with each of those characters written out as ⟨U+202E⟩; a tag character with the letter it stands for. */
export function showUnseen(text: string): string {
  return text.replace(UNSEEN, nameUnseen);
}

/** The text in its order, in parts of what people see and parts of what is written out for them. */
export function splitUnseen(text: string): { text: string; isUnseen: boolean }[] {
  const parts: { text: string; isUnseen: boolean }[] = [];
  let at = 0;
  for (const { 0: character, index } of text.matchAll(UNSEEN)) {
    if (index > at) parts.push({ text: text.slice(at, index), isUnseen: false });
    parts.push({ text: nameUnseen(character), isUnseen: true });
    at = index + character.length;
  }
  if (at < text.length) parts.push({ text: text.slice(at), isUnseen: false });
  return parts;
}

function nameUnseen(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const letter = code >= 0xe0020 && code <= 0xe007e ? ` "${String.fromCodePoint(code - 0xe0000)}"` : '';
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}${letter}⟩`;
}
