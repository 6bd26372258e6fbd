/** A part of an example: words as they stand, or a slot by its name. */
export type ExamplePart = { readonly words: string } | { readonly slot: string };

const SLOT = /\{([a-z][a-z0-9-]*)\}/g;

/** The parts of an example such as "open a ticket about {subject}". */
export function partsOfExample(example: string): ExamplePart[] {
  const parts: ExamplePart[] = [];
  let end = 0;
  for (const found of example.matchAll(SLOT)) {
    parts.push({ words: example.slice(end, found.index).trim() }, { slot: found[1] ?? '' });
    end = found.index + found[0].length;
  }
  parts.push({ words: example.slice(end).trim() });
  return parts.filter((part) => 'slot' in part || part.words !== '');
}

/** An example without its slots: what is said of the matter, whatever the values are. */
export function frameOfExample(example: string): string {
  return example.replace(SLOT, ' ').replace(/\s+/g, ' ').trim();
}

/** Words without marks, in lower case. */
export function plainWords(text: string): string[] {
  return text
    .toLowerCase()
    .normalize('NFC')
    .replaceAll('’', "'")
    .split(/[^\p{L}\p{N}'-]+/u)
    .map((word) => word.replace(/^['-]+|['-]+$/g, ''))
    .filter((word) => word !== '');
}
