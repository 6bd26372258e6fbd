import { type DefaultTreeAdapterTypes, parse } from 'parse5';
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
export function parseHtml(source: string): ParsedText {
  const builder = new TextBuilder();
  let line = '';
  const flush = (): void => {
    builder.paragraph(line);
    line = '';
  };
  const children = (node: Node): Node[] => ('childNodes' in node ? node.childNodes : []);
  const visit = (node: Node): void => {
    if (node.nodeName === '#text')
      line += (node as DefaultTreeAdapterTypes.TextNode).value.replace(/\s+/g, ' ');
    else if (isHidden(node)) return;
    else if (node.nodeName === 'br') line += '\n';
    else if (/^h[1-6]$/.test(node.nodeName)) {
      flush();
      builder.heading(Number(node.nodeName[1]), textOf(node));
    } else if (node.nodeName === 'tr') {
      flush();
      builder.paragraph(
        children(node)
          .filter(isCell)
          .map((cell) => textOf(cell).trim())
          .join(' | '),
      );
    } else if (node.nodeName === 'pre') {
      flush();
      builder.paragraph(rawText(node));
    } else {
      if (BLOCKS.has(node.nodeName)) flush();
      children(node).forEach(visit);
      if (BLOCKS.has(node.nodeName)) flush();
    }
  };
  visit(parse(source));
  flush();
  return builder.build();
}

const isCell = (node: Node): boolean => node.nodeName === 'td' || node.nodeName === 'th';

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
