import { isListItem, joinParts } from './join-lines.js';
import type { Run } from './page-boxes.js';
import type { TextBuilder } from './text-builder.js';

/** A line as it stands on a page: its base line, the height of its letters and its runs. */
export interface Line {
  text: string;
  y: number;
  height: number;
  readonly runs: readonly Run[];
}

/** A page as lines of text. */
export interface ReadPage {
  readonly width: number;
  readonly height: number;
  readonly lines: Line[];
}

/** Writes the lines of a page as headings and paragraphs. `whole` is the text around, for hyphens. */
export function writePage(builder: TextBuilder, lines: readonly Line[], whole: string): void {
  const body = median(lines.map((line) => line.height));
  let paragraph = '';
  let previous: Line | undefined;
  const flush = (): void => {
    builder.paragraph(paragraph);
    paragraph = '';
  };
  for (const line of lines) {
    const heading = line.height > body * 1.15 && line.text.length < 120;
    if (heading || isApart(previous, line)) flush();
    if (heading) builder.heading(line.height > body * 1.5 ? 1 : 2, line.text);
    else if (paragraph && isListItem(line.text)) paragraph += `\n${line.text.trim()}`;
    else paragraph = joinParts(paragraph, line.text.trim(), whole, true);
    previous = line;
  }
  flush();
}

function isApart(previous: Line | undefined, line: Line): boolean {
  if (!previous) return false;
  return Math.abs(previous.y - line.y) > Math.max(line.height, previous.height) * 1.7;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
