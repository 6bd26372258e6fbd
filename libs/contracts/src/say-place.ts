const IS_INDEX = /^\d+$/;
const IS_IDENTIFIER = /^[a-z][a-z0-9]*([A-Z][a-z0-9]*|_[a-z0-9]+)*$/;

/** The place of an argument, a JSON Pointer, as people read it: "entities, no. 1: entity type". */
export function sayPlace(at: string): string {
  const tokens = at.split('/').slice(1);
  return tokens.reduce((said, token) => {
    const name = nameOf(token.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (said === '') return name;
    return IS_INDEX.test(token) ? `${said}, no. ${Number(token) + 1}` : `${said}: ${name}`;
  }, '');
}

/** Places by how they are said; one that would be said like another is said as it is. */
export function sayPlaces(places: readonly string[]): ReadonlyMap<string, string> {
  const said = places.map((at) => [at, sayPlace(at)] as const);
  const isOnly = (words: string): boolean => said.filter(([, other]) => other === words).length === 1;
  return new Map(said.map(([at, words]) => [at, isOnly(words) ? words : at.slice(1)]));
}

// What is no plain identifier is shown as it is.
function nameOf(token: string): string {
  if (!IS_IDENTIFIER.test(token)) return token;
  return token.replaceAll('_', ' ').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
