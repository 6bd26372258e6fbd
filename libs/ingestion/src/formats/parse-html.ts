import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { tableSentences, type TableRow } from './table-rows.js';
import { type ParsedText, TextBuilder } from './text-builder.js';

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

const SKIPPED = new Set([
  'script',
  'style',
  'noscript',
  'template',
  'nav',
  'head',
  'svg',
  'iframe',
  'object',
]);
const BLOCKS = new Set([
  'address',
  'article',
  'aside',
  'blockquote',
  'body',
  'dd',
  'div',
  'dl',
  'dt',
  'fieldset',
  'figcaption',
  'figure',
  'footer',
  'form',
  'header',
  'hr',
  'html',
  'li',
  'main',
  'ol',
  'p',
  'pre',
  'section',
  'table',
  'tbody',
  'thead',
  'tfoot',
  'tr',
  'ul',
  'caption',
  'details',
  'summary',
  'dialog',
  'option',
]);

/** The visible text of a page; scripts, navigation and hidden elements are left out. */
export function parseHtml(source: string, options: { firstRowNames?: boolean } = {}): ParsedText {
  return parsePages([source], options);
}

/** As parseHtml, of pages that follow one another; the title is the first one's. */
export function parsePages(
  sources: readonly string[],
  options: { firstRowNames?: boolean } = {},
): ParsedText {
  const reader = new PageReader(options.firstRowNames ?? false);
  const pages = sources.map((source) => parse(source));
  for (const page of pages) {
    reader.visit(page);
    reader.flush();
  }
  const title = pages[0] && find(pages[0], 'title');
  return reader.builder.build(title ? rawText(title) : null);
}

class PageReader {
  readonly builder = new TextBuilder();
  private line = '';
  private marker = '';

  constructor(private readonly firstRowNames: boolean) {}

  flush(): void {
    if (this.line.trim()) {
      this.builder.paragraph(this.marker + this.line.trimStart());
      this.marker = '';
    }
    this.line = '';
  }

  visit(node: Node): void {
    if (node.nodeName === '#text')
      this.line += (node as DefaultTreeAdapterTypes.TextNode).value.replace(/\s+/g, ' ');
    else if (isHidden(node)) return;
    else if (node.nodeName === 'br') this.line += '\n';
    else if (BLOCKS.has(node.nodeName) || /^h[1-6]$/.test(node.nodeName)) this.block(node);
    else childrenOf(node).forEach((child) => this.visit(child));
  }

  private block(node: Node): void {
    this.flush();
    const { nodeName } = node;
    if (/^h\d/.test(nodeName)) this.builder.heading(Number(nodeName[1]), textOf(node));
    else if (nodeName === 'table') this.table(node);
    else if (nodeName === 'pre') this.builder.paragraph(rawText(node));
    else {
      if (nodeName === 'li') this.marker = markerOf(node);
      childrenOf(node).forEach((child) => this.visit(child));
      this.flush();
    }
  }

  private table(node: Node): void {
    const captions = childrenOf(node).filter(({ nodeName }) => nodeName === 'caption');
    captions.forEach((caption) => this.visit(caption));
    const rows = rowsOf(node);
    const [first] = rows;
    const named = this.firstRowNames && first && rows.length > 1 && first.cells.every(isName);
    const read = named ? [{ ...first, header: true }, ...rows.slice(1)] : rows;
    for (const sentence of tableSentences(read)) this.builder.paragraph(sentence);
  }
}

const childrenOf = (node: Node): Node[] => ('childNodes' in node ? node.childNodes : []);
const isCell = (node: Node): boolean => node.nodeName === 'td' || node.nodeName === 'th';
const isName = (cell: string): boolean => cell !== '' && cell.length <= 60 && !/\p{N}|[.!?]$/u.test(cell);

function find(node: Node, name: string): Node | undefined {
  // A drawing's title is not the page's.
  if (node.nodeName === name) return node;
  if (node.nodeName === 'svg') return undefined;
  for (const child of childrenOf(node)) {
    const found = find(child, name);
    if (found) return found;
  }
  return undefined;
}

function markerOf(item: Node): string {
  const list = (item as Element).parentNode as Node | null;
  if (list?.nodeName !== 'ol') return '- ';
  const items = childrenOf(list).filter(({ nodeName }) => nodeName === 'li');
  return `${items.indexOf(item) + 1}. `;
}

function rowsOf(table: Node): TableRow[] {
  return childrenOf(table).flatMap((part) => {
    if (isHidden(part)) return [];
    if (part.nodeName !== 'tr') return /^t(?:head|body|foot)$/.test(part.nodeName) ? rowsOf(part) : [];
    const cells = childrenOf(part).filter((cell) => isCell(cell) && !isHidden(cell));
    const header = cells.length > 0 && cells.every(({ nodeName }) => nodeName === 'th');
    return [
      { cells: cells.map((cell) => textOf(cell).trim()), header: header || table.nodeName === 'thead' },
    ];
  });
}

function isHidden(node: Node): boolean {
  if (SKIPPED.has(node.nodeName)) return true;
  const attributes = 'attrs' in node ? (node as Element).attrs : [];
  return attributes.some(
    ({ name, value }) =>
      name === 'hidden' ||
      (name === 'aria-hidden' && value === 'true') ||
      (name === 'style' && /display\s*:\s*none|visibility\s*:\s*hidden/i.test(value)),
  );
}

function textOf(node: Node): string {
  if (node.nodeName === '#text') return (node as DefaultTreeAdapterTypes.TextNode).value;
  if (node.nodeName === 'br') return ' ';
  if (isHidden(node) || !('childNodes' in node)) return '';
  const text = node.childNodes.map(textOf).join('').replace(/\s+/g, ' ');
  return BLOCKS.has(node.nodeName) ? ` ${text} ` : text;
}

// The lines of preformatted text stay.
function rawText(node: Node): string {
  if (node.nodeName === '#text') return (node as DefaultTreeAdapterTypes.TextNode).value;
  if (node.nodeName === 'br') return '\n';
  return isHidden(node) || !('childNodes' in node) ? '' : node.childNodes.map(rawText).join('');
}
