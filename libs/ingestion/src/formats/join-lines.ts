const ITEM = /^(?:[-*+•‣◦–]|\(?(?:\d{1,3}|\p{L})[.)])\s/u;
// A line that ends this far before the width of its paragraph, the next word counted in, ends on purpose.
const RAGGED = 0.85;
const NARROWEST = 30;

/** True of a line that begins a list item. */
export function isListItem(line: string): boolean {
  return ITEM.test(line.trim());
}

/**
 * Joins two parts of one sentence that a line end divided. A hyphen at the end goes where only the typesetter put
 * it there: in print, unless the document writes the word with a hyphen elsewhere too.
 */
export function joinParts(before: string, after: string, document = '', printed = false): string {
  const [, start, end] = /(\p{L}+)[-\u00ad]\n(\p{Ll}[\p{L}\p{M}]*)/u.exec(`${before}\n${after}`) ?? [];
  if (start === undefined || end === undefined) return before === '' ? after : `${before} ${after}`;
  const written = document.toLowerCase();
  const joined = `${start}${end}`.toLowerCase();
  const hyphenated = `${start}-${end}`.toLowerCase();
  const keeps = printed ? written.includes(hyphenated) : !written.includes(joined);
  return (keeps && before.endsWith('-') ? before : before.slice(0, -1)) + after;
}

/**
 * The lines of a paragraph of plain text with those joined that were only wrapped: the next line's first word
 * would not have fitted. Lists, verses and addresses keep their lines.
 */
export function unwrap(paragraph: string, document: string): string {
  const lines = paragraph.split('\n').map((line) => line.trimEnd());
  const width = Math.max(...lines.map((line) => line.length));
  const out: string[] = [];
  lines.forEach((line, index) => {
    const before = lines[index - 1];
    const text = line.trim();
    if (before !== undefined && wraps(before, text, width))
      out.push(joinParts(out.pop() ?? '', text, document));
    else out.push(text);
  });
  return out.join('\n');
}

function wraps(before: string, next: string, width: number): boolean {
  if (width < NARROWEST || isListItem(next)) return false;
  const firstWord = /^[^\s-]*-?/.exec(next)?.[0].length ?? 0;
  return before.length + 1 + firstWord > width * RAGGED;
}
