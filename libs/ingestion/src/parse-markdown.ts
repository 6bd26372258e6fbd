import MarkdownIt from 'markdown-it';
import { type ParsedText, TextBuilder } from './text-builder.js';

const markdown = new MarkdownIt({ html: false });
// Keys with values between dashes; text between two thematic breaks is not front matter.
const FRONT_MATTER = /^---\r?\n(?:(?:[\w-]+[ \t]*:|[ \t#-])[^\n]*\n|\r?\n)*?---[ \t]*(?:\r?\n|$)/;
type Token = ReturnType<typeof markdown.parse>[number];

/** CommonMark with tables, as plain text: what a reader of the rendered page would read. */
export function parseMarkdown(source: string): ParsedText {
  const builder = new TextBuilder();
  let level = 0;
  let row: string[] | undefined;
  for (const token of markdown.parse(source.replace(FRONT_MATTER, ''), {})) {
    if (token.type === 'heading_open') level = Number(token.tag.slice(1));
    else if (token.type === 'heading_close') level = 0;
    else if (token.type === 'tr_open') row = [];
    else if (token.type === 'tr_close') {
      builder.paragraph((row ?? []).join(' | '));
      row = undefined;
    } else if (token.type === 'inline') place(builder, plain(token), level, row);
    else if (token.type === 'fence' || token.type === 'code_block') builder.paragraph(token.content);
  }
  return builder.build();
}

function place(builder: TextBuilder, text: string, level: number, row: string[] | undefined): void {
  if (row) row.push(text);
  else if (level > 0) builder.heading(level, text);
  else builder.paragraph(text);
}

function plain(token: Token): string {
  return (token.children ?? [])
    .map((child) => {
      if (child.type === 'softbreak') return ' ';
      if (child.type === 'hardbreak') return '\n';
      return child.content;
    })
    .join('');
}
