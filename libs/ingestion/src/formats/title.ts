import { isListItem } from './join-lines.js';
import type { ParsedText } from './text-builder.js';

const LONGEST = 120;
// What programs put there by themselves: a file's name, or that there is none.
const MACHINE_MADE =
  /^(?:untitled|unbenannt|sans titre|document\d*|dokument\d*|microsoft word|slide \d+|\(?none\)?$)|\.(?:docx?|odt|indd|tex|pdf|rtf|html?|md|txt)$/iu;

/** A document's own title: its first top heading, else what its metadata says, else a first line that reads like one. */
export function titleOf({ text, headings, title }: ParsedText): string | null {
  const top = headings.find((heading) => heading.level === 1);
  const first = text.split('\n', 1)[0] ?? '';
  const candidates = [top && text.slice(top.start, top.end), title, isTitle(text, first) ? first : null];
  return candidates.map((value) => sensible(value)).find(Boolean) ?? null;
}

function sensible(value: string | null | undefined): string | null {
  const clean = (value ?? '').replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return clean.length > 1 && clean.length <= 300 && !MACHINE_MADE.test(clean) ? clean : null;
}

// A line of its own, short, that does not end as a sentence does.
function isTitle(text: string, line: string): boolean {
  const alone = text.slice(line.length, line.length + 2) === '\n\n';
  return alone && line.length <= LONGEST && !isListItem(line) && !/[.,;:!?。！？…]$/u.test(line);
}
