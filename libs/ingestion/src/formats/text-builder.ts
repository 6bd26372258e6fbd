/** Plain text with the places of its headings and, for PDF, its pages. */
export interface ParsedText {
  readonly text: string;
  readonly headings: { level: number; start: number; end: number }[];
  readonly pages: number[] | null;
  /** What the file's metadata call it. */
  readonly title: string | null;
}

/** Collects paragraphs and headings, separated by blank lines, and keeps their exact offsets. */
export class TextBuilder {
  private text = '';

  /** @param offset where the text to be built begins in a longer one */
  constructor(private readonly offset = 0) {}

  /** The place behind what was added so far. */
  get end(): number {
    return this.offset + this.text.length;
  }

  private readonly headings: ParsedText['headings'] = [];
  private pages: number[] | null = null;

  /** Adds a paragraph; its own line breaks stay. White space at its ends and runs inside a line are folded. */
  paragraph(raw: string): void {
    const clean = tidy(raw);
    if (clean) this.append(clean);
  }

  heading(level: number, raw: string): void {
    const clean = tidy(raw).replaceAll('\n', ' ');
    if (!clean) return;
    const start = this.append(clean);
    this.headings.push({ level, start, end: start + clean.length });
  }

  /** Adds a whole text; its headings come to stand `under` levels deeper. Pages of its own are lost. */
  embed({ text, headings }: ParsedText, under: number): void {
    if (!text) return;
    const offset = this.append(text);
    for (const { level, start, end } of headings) {
      this.headings.push({ level: level + under, start: start + offset, end: end + offset });
    }
  }

  /** Marks that what follows stands on the next page. */
  page(): void {
    this.pages ??= [];
    this.pages.push(this.end === 0 ? 0 : this.end + 2);
  }

  build(title: string | null = null): ParsedText {
    return { text: this.text, headings: this.headings, pages: this.pages, title };
  }

  private append(clean: string): number {
    if (this.end > 0) this.text += '\n\n';
    const start = this.end;
    this.text += clean;
    return start;
  }
}

function tidy(raw: string): string {
  return (
    raw
      .replace(/\p{Cs}/gu, '\uFFFD')
      // Before NFC: a NUL between a letter and its accent would keep them apart.
      .replace(/\0/g, '')
      .normalize('NFC')
      .replace(/\r\n?/g, '\n')
      .split('\n')
      .map((line) => line.replace(/[^\S\n]+/g, ' ').trim())
      .filter(Boolean)
      .join('\n')
  );
}
