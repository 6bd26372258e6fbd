import type { Run } from './page-boxes.js';
import type { Line } from './pdf-lines.js';

/** A page as OCR read it: words with their places in pixels, in reading order. */
export interface OcrPage {
  readonly width: number;
  readonly height: number;
  readonly words: (Run & { readonly line: string; readonly paragraph: string })[];
}

// A line without tall letters is lower than its neighbours: only one that is much higher is a heading.
const HEADING = 1.4;

/** The lines of an OCR page; `factor` turns its pixels into points. */
export function linesOfWords({ words, height }: OcrPage, factor: number): Line[] {
  const lines: (Line & { runs: Run[]; paragraph: string })[] = [];
  let open: string | undefined;
  for (const { str, line, paragraph, ...box } of words) {
    if (line !== open) lines.push({ text: '', y: 0, height: 0, runs: [], paragraph });
    open = line;
    const last = lines.at(-1);
    if (!last) continue;
    last.text = last.text ? `${last.text} ${str}` : str;
    last.y = height - box.top - box.height;
    last.height = Math.max(last.height, box.height);
    const [left, top, width, tall] = [box.left, box.top, box.width, box.height].map((side) => side * factor);
    last.runs.push({ str, left: left ?? 0, top: top ?? 0, width: width ?? 0, height: tall ?? 0 });
  }
  const heights = lines.map((line) => line.height).sort((a, b) => a - b);
  const usual = heights[Math.floor(heights.length / 2)] ?? 0;
  return spaced(lines, usual);
}

// What stands in one paragraph is kept together, and apart from the next one, whatever the scan's slant.
function spaced(lines: readonly (Line & { paragraph: string })[], usual: number): Line[] {
  let y = 0;
  let before = '';
  return lines.map(({ text, height, runs, paragraph }) => {
    const high = height > usual * HEADING ? height : usual;
    y -= paragraph === before ? high : high * 3;
    before = paragraph;
    return { text, y, height: high, runs };
  });
}
