/**
 * Who may read an entry, as its source says it. The kinds are told apart on purpose: `inherited` means that the place
 * in the collection decides; `restricted` means these and nobody else, and with an empty `allow` nobody at all.
 * `unsaid` is for sources that know no permissions: what stands in Belay stays.
 */
export type EntryPermissions =
  | { readonly kind: 'unsaid' }
  | { readonly kind: 'inherited' }
  | { readonly kind: 'restricted'; readonly allow: readonly string[]; readonly deny: readonly string[] };

/** What a source says of a place in it, a folder or a file: these may read it and nobody else. */
export interface Rule {
  readonly path: string;
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** One file of a source. Equal revisions mean equal bytes; the id stays while the file stays where it is. */
export interface Entry {
  readonly id: string;
  readonly path: string;
  readonly revision: string;
  readonly bytes: number;
  readonly permissions: EntryPermissions;
}

/** A part of a listing. `cursor` leads to the next part; null ends it: what was not listed by then is gone. */
export interface Page {
  readonly entries: readonly Entry[];
  readonly cursor: string | null;
}

/**
 * A place that documents come from. `list` goes through everything in a fixed order and can go on from any cursor in
 * a new process; it throws rather than leave something out. `fetch` returns the bytes of the listed revision or
 * throws. `rules` are those that the listing was judged by, the longest path first; none where each file says for
 * itself who may read it. `close` removes what was kept for them; an interrupted one is cleaned up by the next.
 */
export interface Connector {
  list(cursor: string | null): Promise<Page>;
  rules(): Promise<readonly Rule[]>;
  fetch(entry: Pick<Entry, 'id' | 'path' | 'revision'>): Promise<Buffer>;
  close(): Promise<void>;
}
