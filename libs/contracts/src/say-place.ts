const IS_IDENTIFIER = /^[a-z][a-z0-9]*([A-Z][a-z0-9]*|_[a-z0-9]+)*$/;

/** A part of a JSON value by its JSON Pointer, and which of the pointer's tokens are places in lists. */
export interface PlaceInValue {
  readonly at: string;
  readonly inLists?: readonly boolean[];
}

/** The place of an argument, a JSON Pointer, as people read it: "entities, no. 1: entity type". */
function sayPlace({ at, inLists = [] }: PlaceInValue): string {
  const tokens = at.split('/').slice(1);
  return tokens.reduce((said, token, place) => {
    const name = nameOf(token.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (said === '') return name;
    return inLists[place] ? `${said}, no. ${Number(token) + 1}` : `${said}: ${name}`;
  }, '');
}

/** Places by how they are said; where two would be said alike, all are said as they are. */
export function sayPlaces(places: readonly PlaceInValue[]): ReadonlyMap<string, string> {
  const said = places.map((place) => [place.at, sayPlace(place)] as const);
  const areTold = new Set(said.map(([, words]) => words)).size === said.length;
  return new Map(said.map(([at, words]) => [at, areTold ? words : at.slice(1)]));
}

// What is no plain identifier is shown as it is.
function nameOf(token: string): string {
  if (!IS_IDENTIFIER.test(token)) return token;
  return token.replaceAll('_', ' ').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
