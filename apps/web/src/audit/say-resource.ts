const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
// By the beginning of what happened; a place or a name says by itself what it is.
const KINDS: readonly (readonly [string, string])[] = [
  ['run', 'action'],
  ['answer', 'answer'],
  ['conversation', 'conversation'],
  ['document', 'document'],
  ['source', 'source'],
];

/**
 * On what something happened, as people read it: what kind of thing it is, and the beginning of its id. `page` is where
 * it is shown. `names` are those of collections, by their ids.
 */
export function sayResource(
  type: string,
  resource: string,
  names: ReadonlyMap<string, string>,
): { text: string; page?: string } {
  const kind = KINDS.find(([beginning]) => type === beginning || type.startsWith(`${beginning}.`))?.[1];
  const short = resource.replaceAll(UUID, (id) => names.get(id) ?? `${id.slice(0, 8)}…`);
  const isId = resource.replace(UUID, '') === '' && !names.has(resource);
  const text = isId && kind !== undefined ? `${kind} ${short}` : short;
  return isId && kind === 'action' ? { text, page: `/actions/${resource}` } : { text };
}
