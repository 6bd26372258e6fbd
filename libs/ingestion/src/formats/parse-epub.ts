import { posix } from 'node:path';
import { DomainError } from '@belay/errors';
import { openArchive, partOf } from './archive.js';
import { parsePages } from './parse-html.js';
import { type ParsedText, TextBuilder } from './text-builder.js';
import { findAll, parseXml, textOf } from './xml.js';

/** E-books (EPUB 2 and 3): the chapters in the order of the book's spine. Encrypted ones are refused. */
export function parseEpub(bytes: Uint8Array): ParsedText {
  const archive = openArchive(bytes, (path) => /^META-INF\/|\.(?:opf|x?html?)$/.test(path));
  const container = archive.get('META-INF/container.xml');
  const root = container && findAll(parseXml(container), 'rootfile')[0]?.attributes['full-path'];
  if (!root) throw new DomainError('documents.malformed', 'The e-book names no contents. Export it anew.');
  const book = parseXml(partOf(archive, root));
  const items = new Map(
    findAll(book, 'item').map(({ attributes }) => [attributes['id'], attributes['href'] ?? '']),
  );
  const chapters = findAll(book, 'itemref').flatMap(({ attributes }) => {
    const href = items.get(attributes['idref']);
    const path = href && posix.join(posix.dirname(root), decodeURIComponent(href));
    const page = path && archive.get(path);
    return page ? [page] : [];
  });
  if (chapters.length === 0 && archive.has('META-INF/encryption.xml')) {
    throw new DomainError(
      'documents.encrypted',
      'The e-book is protected. Upload a copy without protection.',
    );
  }
  const [title] = findAll(book, 'title').map((element) => textOf(element).trim());
  const builder = new TextBuilder();
  builder.heading(1, title ?? '');
  builder.embed(parsePages(chapters), 1);
  return builder.build(title);
}
