import { isListItem, unwrap } from './join-lines.js';
import { type ParsedText, TextBuilder } from './text-builder.js';

const UNDERLINE = /^(?:={3,}|-{3,}|~{3,})$/;

/** Plain text: paragraphs between blank lines, headings where a line is underlined. */
export function parsePlain(source: string): ParsedText {
  const text = source.replace(/\r\n?/g, '\n');
  const builder = new TextBuilder();
  for (const paragraph of text.split(/\n\s*\n/)) {
    const lines = paragraph.split('\n').filter((line) => line.trim() !== '');
    const [first = '', second = ''] = lines;
    const heading = UNDERLINE.test(second.trim()) && !isListItem(first);
    if (heading) builder.heading(second.trim().startsWith('=') ? 1 : 2, first);
    const rest = heading ? lines.slice(2) : lines;
    if (rest.length > 0) builder.paragraph(unwrap(rest.join('\n'), text));
  }
  return builder.build();
}
