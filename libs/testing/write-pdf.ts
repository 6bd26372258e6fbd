const LINE = 14;
const TOP = 780;

/** A PDF with one page for each list of lines. Runs of a line stand apart, as the cells of a table do. */
export function writePdf(pages: readonly (readonly (string | readonly string[])[])[], fillers = 0): Buffer {
  const parts: Buffer[] = [];
  const starts: number[] = [];
  let length = 0;
  const put = (text: string): void => {
    const bytes = Buffer.from(text, 'latin1');
    parts.push(bytes);
    length += bytes.length;
  };
  const object = (body: string): void => {
    starts.push(length);
    put(`${starts.length} 0 obj\n${body}\nendobj\n`);
  };
  put('%PDF-1.7\n');
  object('<< /Type /Catalog /Pages 2 0 R >>');
  const kids = pages.map((_, index) => `${4 + 2 * index} 0 R`).join(' ');
  object(`<< /Type /Pages /Count ${pages.length} /Kids [${kids}] >>`);
  object('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>');
  for (const lines of pages) {
    const content = drawn(lines);
    const resources = '/MediaBox [0 0 595 842] /Resources << /Font << /F 3 0 R >> >>';
    object(`<< /Type /Page /Parent 2 0 R ${resources} /Contents ${starts.length + 2} 0 R >>`);
    object(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
  }
  for (let index = 0; index < fillers; index += 1) object('null');
  const table = starts.map((start) => `${String(start).padStart(10, '0')} 00000 n \n`).join('');
  const size = starts.length + 1;
  const at = length;
  put(`xref\n0 ${size}\n0000000000 65535 f \n${table}`);
  put(`trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${at}\n%%EOF\n`);
  return Buffer.concat(parts);
}

function drawn(lines: readonly (string | readonly string[])[]): string {
  const shown = lines.flatMap((line, row) =>
    [line].flat().map((text, column) => {
      const place = `1 0 0 1 ${50 + 150 * column} ${TOP - LINE * row} Tm`;
      return `${place} (${text.replace(/[\\()]/g, '\\$&')}) Tj`;
    }),
  );
  return `BT /F 11 Tf\n${shown.join('\n')}\nET`;
}
