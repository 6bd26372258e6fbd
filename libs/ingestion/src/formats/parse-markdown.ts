import MarkdownIt from 'markdown-it';
import { tableSentences } from './table-rows.js';
import { type ParsedText, TextBuilder } from './text-builder.js';

const markdown = new MarkdownIt({ html: false });
// Keys with values between dashes; text between two thematic breaks is not front matter.
const FRONT_MATTER = /^---\r?\n(?:(?:[\w-]+[ \t]*:|[ \t#-])[^\n]*\n|\r?\n)*?---[ \t]*(?:\r?\n|$)/;
type Token = ReturnType<typeof markdown.parse>[number];

/** CommonMark with tables, as plain text: what a reader of the rendered page would read. */
export function parseMarkdown(source: string): ParsedText {
  const reader = new MarkdownReader();
  for (const token of markdown.parse(source.replace(FRONT_MATTER, ''), {})) reader.read(token);
  return reader.builder.build();
}

class MarkdownReader {
  readonly builder = new TextBuilder();
  private level = 0;
  private marker = '';
  private rows: { cells: string[]; header: boolean }[] | undefined;

  read(token: Token): void {
    if (token.type === 'heading_open') this.level = Number(token.tag.slice(1));
    else if (token.type === 'heading_close') this.level = 0;
    else if (token.type === 'list_item_open') this.marker = token.info ? `${token.info}. ` : '- ';
    else if (token.type === 'inline') this.place(plain(token));
    else if (token.type === 'fence' || token.type === 'code_block') this.builder.paragraph(token.content);
    else this.table(token.type);
  }

  private table(type: string): void {
    if (type === 'table_open') this.rows = [];
    else if (type === 'tr_open') this.rows?.push({ cells: [], header: this.rows.length === 0 });
    else if (type === 'table_close') {
      for (const sentence of tableSentences(this.rows ?? [])) this.builder.paragraph(sentence);
      this.rows = undefined;
    }
  }

  private place(text: string): void {
    if (this.rows) this.rows.at(-1)?.cells.push(text);
    else if (this.level > 0) this.builder.heading(this.level, text);
    else this.builder.paragraph(this.marker + text);
    this.marker = '';
  }
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
