/**
 * Real documents and questions for benches, fetched when a bench runs and never kept in the repository: the HTML
 * pages of Debian's PostgreSQL and Python documentation, or a dataset in BEIR layout.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PACKAGES = ['postgresql-doc-15', 'python3.11-doc'];
const SMALLEST_PAGE = 4000;
const DOCUMENT_LENGTH = 30_000;
const HEADING = /<h[1-4][^>]*>(.*?)<\/h[1-4]>/gs;

/** Documents as `{ path, bytes }`, in an order that never changes, and distinct questions about them. */
export function realTexts(dataset) {
  return dataset ? fromDataset(dataset) : fromDebian();
}

function fromDataset(folder) {
  const read = (name) =>
    readFileSync(join(folder, name), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const documents = read('corpus.jsonl').map(({ _id, title, text }) => ({
    path: `${_id}.md`,
    bytes: Buffer.from(`# ${title}\n\n${text}`),
  }));
  return {
    name: folder.split('/').at(-1),
    documents,
    questions: unique(read('queries.jsonl').map(({ text }) => text)),
  };
}

function fromDebian() {
  const pages = PACKAGES.flatMap((name) => htmlPages(unpacked(name)))
    .map((file) => readFileSync(file, 'utf8'))
    .filter((html) => html.length > SMALLEST_PAGE);
  const headings = pages.map(headingsOf);
  // Round after round over the pages, so that the first questions are about many of them.
  const deepest = Math.max(...headings.map((list) => list.length));
  const turns = Array.from({ length: deepest }, (_, turn) => headings.flatMap((list) => list[turn] ?? []));
  const questions = unique(turns.flat().map(questionAbout));
  return { name: PACKAGES.join(' + '), documents: bound(pages.map(markdownOf)), questions };
}

// Neighbouring pages share a document, as chapters do: what is measured is not the reading of small files.
function bound(pages) {
  const documents = [];
  for (let text = ''; pages.length > 0; text = '') {
    while (pages.length > 0 && text.length < DOCUMENT_LENGTH) text += `${pages.shift()}\n\n`;
    documents.push({ path: `chapter-${documents.length}.md`, bytes: Buffer.from(text) });
  }
  return documents;
}

const markdownOf = (html) =>
  html
    .replace(/<(script|style|head)\b.*?<\/\1>/gs, '')
    .replace(HEADING, (_, inner) => `\n\n## ${plain(inner)}\n\n`)
    .replace(/<(p|div|li|tr|dt|dd|pre|table)\b[^>]*>/g, '\n\n')
    .split(/\n{2,}/)
    .map((block) => (block.startsWith('## ') ? block : plain(block)))
    .filter((block) => block.length > 0)
    .join('\n\n');

/** The folder that a package's files lie in, downloaded once for this machine. */
function unpacked(name) {
  const folder = join(tmpdir(), 'belay-bench-texts', name);
  if (existsSync(folder)) return folder;
  const work = `${folder}.part-${process.pid}`;
  mkdirSync(work, { recursive: true });
  execFileSync('apt-get', ['download', name], { cwd: work, stdio: 'ignore' });
  const [archive] = readdirSync(work);
  execFileSync('dpkg-deb', ['-x', join(work, archive), work]);
  renameSync(work, folder);
  return folder;
}

function htmlPages(folder) {
  const found = readdirSync(folder, { withFileTypes: true, recursive: true });
  return found
    .filter((entry) => entry.isFile() && entry.name.endsWith('.html'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function headingsOf(html) {
  const texts = [...html.matchAll(HEADING)].map(([, inner]) => plain(inner));
  return texts.filter((text) => text.split(' ').length >= 2 && text.length < 80);
}

const plain = (html) =>
  html
    .replace(/<[^>]*>/g, '')
    .replace(/&[a-z]+;|&#\d+;|[¶\u00a0]/g, ' ')
    .replace(/^[\s\d.]+/, '')
    .replace(/\s+/g, ' ')
    .trim();

const questionAbout = (heading) => `How does ${heading} work?`;
const unique = (list) => [...new Set(list)];
