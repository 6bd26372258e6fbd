import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { parseDocument } from '../parse.js';
import { insertAt, mayHideText, picturesWithoutText } from './pdf-pictures.js';
import type { Line } from './pdf-lines.js';

const NOTICE = new URL('../../../../samples/formats/pump-notice.pdf', import.meta.url);
const hasOcr = ['tesseract', 'pdftoppm'].every((name) => !spawnSync(name, ['-v']).error);

/** A page of 600 by 800 points that draws what the content says; `/I` is a picture of one dot. */
function pageOf(content: string): ReturnType<typeof getDocument> {
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Count 1/Kids[3 0 R]>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</XObject<</I 5 0 R>>>>/Contents 4 0 R>>',
    `<</Length ${content.length}>>stream\n${content}\nendstream`,
    '<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/Length 1>>stream\n0\nendstream',
  ];
  const text = `%PDF-1.4\n${objects.map((body, index) => `${index + 1} 0 obj\n${body}\nendobj\n`).join('')}`;
  return getDocument({
    data: new TextEncoder().encode(`${text}trailer\n<</Size 6/Root 1 0 R>>\n%%EOF`),
    verbosity: 0,
  });
}
const lineOf = (text: string, left = 0, top = 0): Line => ({
  text,
  y: 0,
  height: 10,
  runs: [{ str: text, left, top, width: 100, height: 10 }],
});

async function found(content: string, lines: Line[] = [lineOf('A short line.')]) {
  const task = pageOf(content);
  try {
    const page = await (await task.promise).getPage(1);
    return await picturesWithoutText(page, { width: 600, height: 800, lines });
  } finally {
    await task.destroy();
  }
}

describe('pictures that may hold text', () => {
  const half = 'q 600 0 0 400 0 0 cm /I Do Q';

  it('are found where they stand, through the spaces that they are drawn in', async () => {
    expect(await found(half)).toEqual([{ left: 0, top: 400, right: 600, bottom: 800 }]);
    expect(await found('q 2 0 0 2 0 0 cm q 150 0 0 200 50 50 cm /I Do Q Q')).toEqual([
      { left: 100, top: 300, right: 400, bottom: 700 },
    ]);
  });

  it.each<[string, string, Line[]]>([
    ['a logo', 'q 60 0 0 60 0 700 cm /I Do Q', [lineOf('A short line.')]],
    [
      'a scan that carries its recognised text',
      half,
      [lineOf('Recognised text of the scan. '.repeat(5), 50, 500)],
    ],
    [
      'a figure on a page whose text tells enough',
      'q 300 0 0 300 0 0 cm /I Do Q',
      [lineOf('Prose. '.repeat(60))],
    ],
  ])('%s is none', async (_, content, lines) => {
    expect(await found(content, lines)).toEqual([]);
  });

  it('are not looked for behind a page of prose', () => {
    expect(mayHideText({ width: 600, height: 800, lines: [lineOf('Prose. '.repeat(300))] })).toBe(false);
  });

  it('stand among the lines where they stand on the page', () => {
    const lines = [lineOf('above', 0, 10), lineOf('below', 0, 700)];
    expect(insertAt(lines, [lineOf('picture', 0, 300)]).map(({ text }) => text)).toEqual([
      'above',
      'picture',
      'below',
    ]);
  });

  it('of a page with text are read with it; where OCR is missing, its text is', async () => {
    const { text } = await parseDocument(new Uint8Array(readFileSync(NOTICE)), 'notice.pdf');
    const plain = text.replace(/\s+/g, ' ').trim();
    expect(plain).toBe(
      hasOcr
        ? 'Notice of the pump room The spare impeller hangs in cabinet 14. Its key is kept by the shift leader. Questions go to the workshop.'
        : 'Notice of the pump room Questions go to the workshop.',
    );
  }, 60_000);
});
