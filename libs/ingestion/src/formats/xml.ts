import { DomainError } from '@belay/errors';
import { SaxesParser } from 'saxes';

/** An element without its namespace prefixes, which office programs choose freely. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: (XmlElement | string)[];
}

const DEEPEST = 500;
const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/**
 * Reads XML into a tree. No entity but XML's own five is expanded and nothing outside is read, so neither entity
 * bombs nor external entities do anything. Throws `documents.malformed` where it nests deeper than 500.
 */
export function parseXml(source: string): XmlElement {
  const root: XmlElement = { name: '', attributes: {}, children: [] };
  const open = [root];
  const parser = new SaxesParser();
  parser.on('opentag', ({ name, attributes }) => {
    const own = Object.entries(attributes).map(([key, value]) => [localName(key), value]);
    const element = {
      name: localName(name),
      attributes: Object.fromEntries(own) as Record<string, string>,
      children: [],
    };
    open.at(-1)?.children.push(element);
    open.push(element);
    if (open.length > DEEPEST) {
      throw new DomainError(
        'documents.malformed',
        'The document nests too deeply. Save it in a simpler form.',
      );
    }
  });
  parser.on('closetag', () => void open.pop());
  parser.on('text', (text) => void open.at(-1)?.children.push(text));
  parser.on('cdata', (text) => void open.at(-1)?.children.push(text));
  parser.on('error', (cause) => {
    throw broken(cause);
  });
  parser.write(source).close();
  return root;
}

function broken(cause: Error): DomainError {
  const message = /undefined entity/.test(cause.message)
    ? 'The document uses entities of its own, as attacks on readers do; they are not expanded. Save it anew.'
    : `The document's XML is broken (${cause.message.slice(0, 80)}). Open it, save it anew and upload it again.`;
  return new DomainError('documents.malformed', message, { cause });
}

/** The elements directly below one. */
export const elementsOf = (element: XmlElement): XmlElement[] =>
  element.children.filter((child): child is XmlElement => typeof child !== 'string');

/** Every element of these names, in the document's order; what lies inside a found one is not searched. */
export function findAll(element: XmlElement, ...names: readonly string[]): XmlElement[] {
  return elementsOf(element).flatMap((child) =>
    names.includes(child.name) ? [child] : findAll(child, ...names),
  );
}

/** All text below an element. `spell` gives the text of elements that stand for some, as line breaks do. */
export function textOf(
  node: XmlElement | string,
  spell: (element: XmlElement) => string | undefined = () => undefined,
): string {
  if (typeof node === 'string') return node;
  return spell(node) ?? node.children.map((child) => textOf(child, spell)).join('');
}
