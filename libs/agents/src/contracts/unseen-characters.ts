// Characters that a reader cannot see or that change the order of what he sees: controls, soft hyphen, zero-width and
// joining ones, bidirectional controls (UAX #9), variation selectors, tags (U+E0000…), fillers.
const UNSEEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

/** Whether a text holds characters that people do not see. */
export function hasUnseen(text: string): boolean {
  return text.search(UNSEEN) >= 0;
}

/** The text with each of those characters written out as ⟨U+202E⟩; a tag character with the letter it stands for. */
export function showUnseen(text: string): string {
  return text.replace(UNSEEN, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const letter = code >= 0xe0020 && code <= 0xe007e ? ` "${String.fromCodePoint(code - 0xe0000)}"` : '';
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}${letter}⟩`;
  });
}
