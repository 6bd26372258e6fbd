import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parseInParts } from './parse-process.js';

// Every sample through the parser's own process, as the worker runs it: build the library first.
const SAMPLES = fileURLToPath(new URL('../../../samples/formats/', import.meta.url));
const TIMEOUT = 60_000;

/** What becomes of each hostile file. */
const HOSTILE: Record<string, string> = {
  'broken-xref.pdf': 'read',
  'deep-nesting.eml': 'read',
  'deep-nesting.html': 'documents.malformed',
  'deep-nesting.json': 'documents.malformed',
  'deep-nesting.odt': 'documents.malformed',
  'deep-nesting.rtf': 'documents.malformed',
  'empty.txt': 'documents.empty',
  'entity-bomb.odt': 'documents.malformed',
  'external-entity.odt': 'documents.malformed',
  'huge-picture.png': 'documents.too-large',
  'macros.docx': 'read',
  'no-book.epub': 'documents.malformed',
  'no-picture.png': 'documents.malformed',
  'page-cycle.pdf': 'documents.malformed',
  'password.pdf': 'documents.encrypted',
  'password.xlsx': 'documents.encrypted',
  'program.txt': 'documents.malformed',
  'truncated.pdf': 'documents.malformed',
  'unclosed.csv': 'documents.malformed',
  'zip-bomb.docx': 'documents.too-large',
  'zip-bomb.xlsx': 'documents.too-large',
};
/** Reasons that say what is wrong with the file, where a parser's own error would not. */
const REASONS: Record<string, string> = {
  'deep-nesting.html': 'nests too deeply',
  'entity-bomb.odt': 'entities of its own',
  'external-entity.odt': 'entities of its own',
  'no-picture.png': 'picture is broken',
  'page-cycle.pdf': 'contain themselves',
  'password.pdf': 'only with a password',
  'truncated.pdf': 'is cut off',
};
const SCANS = /scan/;
const hasOcr = ['tesseract', 'pdftoppm'].every((name) => !spawnSync(name, ['-v']).error);

async function outcomeOf(folder: string, name: string): Promise<{ outcome: string; text: string }> {
  let text = '';
  try {
    for await (const part of parseInParts(readFileSync(`${folder}${name}`), name)) text += part.text;
    return { outcome: 'read', text };
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { outcome: code, text: message };
  }
}
const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));

describe('the format matrix', () => {
  it.each(files(SAMPLES))(
    '%s is read',
    async (name) => {
      const { outcome, text } = await outcomeOf(SAMPLES, name);
      if (SCANS.test(name) && !hasOcr) {
        expect({ outcome, text }).toEqual({
          outcome: 'documents.unsupported',
          text: expect.stringContaining('apt-get install tesseract-ocr poppler-utils') as unknown,
        });
      } else {
        expect({ outcome, text }).toEqual({
          outcome: 'read',
          text: expect.stringMatching(/.{8}/) as unknown,
        });
        expect(text).not.toContain('\ufffd');
      }
    },
    TIMEOUT,
  );

  it('has an outcome for every hostile file', () => {
    expect(files(`${SAMPLES}hostile/`).sort()).toEqual(Object.keys(HOSTILE).sort());
  });

  it.each(Object.entries(HOSTILE))(
    '%s: %s',
    async (name, expected) => {
      const { outcome, text } = await outcomeOf(`${SAMPLES}hostile/`, name);
      expect(outcome).toBe(expected);
      expect(text).toContain(REASONS[name] ?? '');
      expect(text).not.toContain('The document cannot be read');
    },
    TIMEOUT,
  );
});
